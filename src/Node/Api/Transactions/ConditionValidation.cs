using AkkaHa.Messages.Internal;
using AkkaHa.Messages.Placement;
using AkkaHa.Messages.V1;
using AkkaHa.Node.Api.Errors;

namespace AkkaHa.Node.Api.Transactions;

/// <summary>Each condition is exactly one of the five forms.</summary>
internal static class ConditionValidation
{
    public static Failure? Check(IReadOnlyList<Condition> conditions, ShardMap shards)
    {
        for (var i = 0; i < conditions.Count; i++)
            if (Check(conditions[i], shards) is { } wrong) return Refusals.Within($"conditions[{i}]", wrong);
        return null;
    }

    private static Failure? Check(Condition condition, ShardMap shards) => FormOf(condition) switch
    {
        Form.Revision => Fields.Name("key", condition.Key) ?? Fields.Revision("revision", condition.Revision),
        Form.Value => Fields.Name("key", condition.Key) ?? Fields.Value("value", condition.Value),
        Form.Absent => Fields.Name("key", condition.Key),
        Form.Fence => Fields.Name("lock", condition.Lock) ?? Fields.Fence("fence", condition.Fence),
        Form.Session => Fields.IsSession(condition.Session, shards)
            ? null
            : Refusals.Invalid("session", $"'{Refusals.Quote(condition.Session)}' is no session id of this cluster"),
        _ => Refusals.Invalid("", "must be exactly one of: key with revision, key with value, key with absent true, lock with fence, session"),
    };

    private static Form FormOf(Condition c) => (c.HasKey, c.HasRevision, c.HasValue, c.Absent, c.HasLock, c.HasFence, c.HasSession) switch
    {
        (true, true, false, false, false, false, false) => Form.Revision,
        (true, false, true, false, false, false, false) => Form.Value,
        (true, false, false, true, false, false, false) => Form.Absent,
        (false, false, false, false, true, true, false) => Form.Fence,
        (false, false, false, false, false, false, true) => Form.Session,
        _ => Form.None,
    };

    private enum Form
    {
        None,
        Revision,
        Value,
        Absent,
        Fence,
        Session,
    }
}
