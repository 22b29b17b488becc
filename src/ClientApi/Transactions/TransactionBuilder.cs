using System.Text;
using AkkaHa.ClientApi.Errors;
using AkkaHa.ClientApi.Transactions;
using AkkaHa.Messages;
using Google.Protobuf;
using Wire = AkkaHa.Messages.V1;

namespace AkkaHa.ClientApi;

/// <summary>
/// A transaction in one message: if all conditions hold, all of <c>then</c>, else all of <c>else</c>; or nothing. At most 128 keys and
/// locks, 4 MiB in and out.
/// </summary>
public sealed class TransactionBuilder
{
    private readonly List<Wire.Condition> _conditions = [];
    private readonly OperationList _then = new();
    private readonly OperationList _else = new();

    /// <summary>The key must be at this revision; <see cref="Revision.Absent"/>: must not be there.</summary>
    public TransactionBuilder IfRevision(string key, Revision revision)
    {
        if (revision == Revision.Absent) return IfAbsent(key);
        Require.Name("key", key);
        return With(new Wire.Condition { Key = key, Revision = revision });
    }

    /// <summary>The key must have this value.</summary>
    public TransactionBuilder IfValue(string key, ReadOnlyMemory<byte> value)
    {
        Require.Name("key", key);
        Require.Value(value.Span);
        return With(new Wire.Condition { Key = key, Value = ByteString.CopyFrom(value.Span) });
    }

    /// <summary>The key must have this text as its value, in UTF-8.</summary>
    public TransactionBuilder IfValue(string key, string value) => IfValue(key, Encoding.UTF8.GetBytes(value));

    /// <summary>There must be no such key.</summary>
    public TransactionBuilder IfAbsent(string key)
    {
        Require.Name("key", key);
        return With(new Wire.Condition { Key = key, Absent = true });
    }

    /// <summary>The lock must be held with this fence. Once false, it is false for ever.</summary>
    public TransactionBuilder IfHeld(string lockName, Fence fence)
    {
        Require.Name("lock", lockName);
        return With(new Wire.Condition { Lock = lockName, Fence = fence });
    }

    /// <summary>The lock must still be held.</summary>
    public TransactionBuilder IfHeld(AcquiredLock held) => IfHeld(held.Name, held.Fence);

    /// <summary>The session must not have ended.</summary>
    public TransactionBuilder IfAlive(SessionId session)
    {
        Require.Id("session", session.Text);
        return With(new Wire.Condition { Session = session.Text });
    }

    /// <summary>What to do when all conditions hold. Called again, it goes on. A session that keys are bound to becomes a condition, after the others.</summary>
    public TransactionBuilder Then(Action<OperationList> operations)
    {
        operations(_then);
        return this;
    }

    /// <summary>What to do when a condition does not hold. Called again, it goes on.</summary>
    public TransactionBuilder Else(Action<OperationList> operations)
    {
        operations(_else);
        return this;
    }

    /// <summary>One of those that take part, if there is one with a name of its own.</summary>
    internal EntityId? FirstParticipant
    {
        get
        {
            if (_then.Operations.Concat(_else.Operations).Select(PendingOperations.KeyOf).FirstOrDefault(k => k.Length > 0) is { } key) return EntityId.Key(key);
            return _conditions.FirstOrDefault() is not { } condition ? null
                : condition.Key.Length > 0 ? EntityId.Key(condition.Key)
                : condition.Lock.Length > 0 ? EntityId.Lock(condition.Lock)
                : null;
        }
    }

    internal Wire.TransactionRequest ToRequest(TransactionId id, TimeSpan deadline) => new()
    {
        TransactionId = id.Text,
        DeadlineSeconds = deadline.TotalSeconds,
        // Those that follow from puts come last, so that the results of the others are where they are looked for.
        Conditions = { _conditions, _then.Sessions.Where(s => !_conditions.Any(c => c.Session == s.Text)).Select(s => new Wire.Condition { Session = s.Text }) },
        Then = { _then.Operations },
        Else = { _else.Operations },
    };

    private TransactionBuilder With(Wire.Condition condition)
    {
        _conditions.Add(condition);
        return this;
    }
}
