using AkkaHa.Messages;
using AkkaHa.Messages.V1;

namespace AkkaHa.Node.Api.Transactions;

/// <summary>The entities that a transaction touches.</summary>
internal static class TransactionParticipants
{
    /// <summary>Distinct keys, locks and session slots of a request that is otherwise valid.</summary>
    public static IReadOnlySet<EntityId> Of(TransactionRequest request)
    {
        var participants = new HashSet<EntityId>();
        foreach (var condition in request.Conditions) participants.Add(Of(condition));
        foreach (var operation in request.Then) participants.Add(EntityId.Key(KeyOf(operation)));
        foreach (var operation in request.Else) participants.Add(EntityId.Key(KeyOf(operation)));
        return participants;
    }

    public static string KeyOf(Operation operation) => operation.KindCase switch
    {
        Operation.KindOneofCase.Put => operation.Put.Key,
        Operation.KindOneofCase.Delete => operation.Delete.Key,
        Operation.KindOneofCase.Get => operation.Get.Key,
        Operation.KindOneofCase.Add => operation.Add.Key,
        Operation.KindOneofCase.Append => operation.Append.Key,
        _ => throw new InvalidOperationException($"operation {operation.KindCase} names no key"),
    };

    private static EntityId Of(Condition condition)
    {
        if (condition.HasKey) return EntityId.Key(condition.Key);
        if (condition.HasLock) return EntityId.Lock(condition.Lock);
        return SessionId.TryParse(condition.Session, out var id) ? id.Entity : throw new InvalidOperationException($"session '{condition.Session}' was not validated");
    }
}
