using AkkaHa.Core.Entities;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;
using Google.Protobuf;

namespace AkkaHa.Core.Transactions;

/// <summary>A transaction's request, divided among those who take part in it.</summary>
internal sealed class TransactionPlan
{
    private readonly Dictionary<EntityId, Prepare> parts = [];

    public TransactionPlan(TransactionRequest request)
    {
        Request = request;
        PayloadHash = Entities.PayloadHash.Of(request);
        for (var i = 0; i < request.Conditions.Count; i++)
            Part(ParticipantOf(request.Conditions[i])).Conditions.Add(new PreparedCondition { Index = i, Condition = request.Conditions[i] });
        for (var i = 0; i < request.Then.Count; i++)
            Part(EntityId.Key(KeyOf(request.Then[i]))).Then.Add(new PreparedOperation { Index = i, Operation = request.Then[i] });
        for (var i = 0; i < request.Else.Count; i++)
            Part(EntityId.Key(KeyOf(request.Else[i]))).Else.Add(new PreparedOperation { Index = i, Operation = request.Else[i] });
    }

    public TransactionRequest Request { get; }

    public ByteString PayloadHash { get; }

    public IEnumerable<EntityId> Participants => parts.Keys;

    /// <summary>What to send to one participant.</summary>
    public Prepare PrepareFor(EntityId participant, uint attempt, long timestampMs)
    {
        var prepare = parts[participant].Clone();
        prepare.Attempt = attempt;
        prepare.TimestampMs = timestampMs;
        prepare.PayloadHash = PayloadHash;
        return prepare;
    }

    /// <summary>Whose word a condition depends on.</summary>
    /// <exception cref="ArgumentException">It is none of the forms there are.</exception>
    public static EntityId ParticipantOf(Condition condition) =>
        condition.HasKey ? EntityId.Key(condition.Key)
        : condition.HasLock ? EntityId.Lock(condition.Lock)
        : SessionId.TryParse(condition.Session, out var session) ? session.Entity
        : throw new ArgumentException("a condition names a key, a lock or a session", nameof(condition));

    /// <summary>The key that an operation is on.</summary>
    /// <exception cref="ArgumentException">It is none of the operations there are.</exception>
    public static string KeyOf(Operation operation) => operation.KindCase switch
    {
        Operation.KindOneofCase.Put => operation.Put.Key,
        Operation.KindOneofCase.Delete => operation.Delete.Key,
        Operation.KindOneofCase.Get => operation.Get.Key,
        Operation.KindOneofCase.Add => operation.Add.Key,
        Operation.KindOneofCase.Append => operation.Append.Key,
        _ => throw new ArgumentException("an operation is put, delete, get, add or append", nameof(operation)),
    };

    private Prepare Part(EntityId participant)
    {
        if (!parts.TryGetValue(participant, out var part)) parts[participant] = part = new Prepare { TransactionId = Request.TransactionId };
        return part;
    }
}
