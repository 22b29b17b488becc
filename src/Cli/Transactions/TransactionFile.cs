using System.Text;
using AkkaHa.Cli.CommandLine;
using AkkaHa.ClientApi;
using AkkaHa.Messages.V1;
using Google.Protobuf;

namespace AkkaHa.Cli.Transactions;

/// <summary>A transaction as the HTTP API takes it: <c>{"conditions":[…],"then":[…],"else":[…]}</c>, with <c>transactionId</c> and <c>deadlineSeconds</c> if wanted.</summary>
/// <param name="Transaction">Conditions and branches.</param>
/// <param name="Id">Its id, if it has one.</param>
/// <param name="Deadline">How long it may take, if it says so.</param>
sealed record TransactionFile(TransactionBuilder Transaction, ClientApi.TransactionId? Id, TimeSpan? Deadline)
{
    /// <exception cref="InvalidCommandException">It is no such thing; the message says where.</exception>
    public static TransactionFile Parse(string name, ReadOnlySpan<byte> json)
    {
        TransactionRequest request;
        try
        {
            // It refuses unknown fields: a misspelt condition must not make the transaction unconditional.
            request = JsonParser.Default.Parse<TransactionRequest>(Encoding.UTF8.GetString(json));
        }
        catch (Exception e) when (e is InvalidProtocolBufferException or InvalidJsonException)
        {
            throw new InvalidCommandException($"{name}: {e.Message}");
        }
        var builder = new TransactionBuilder();
        try
        {
            for (var i = 0; i < request.Conditions.Count; i++) Add(builder, request.Conditions[i], $"{name}: conditions[{i}]");
            builder.Then(to => Add(to, request.Then, $"{name}: then"));
            builder.Else(to => Add(to, request.Else, $"{name}: else"));
        }
        catch (InvalidArgumentException e)
        {
            throw new InvalidCommandException($"{name}: {e.Message}");
        }
        return new TransactionFile(
            builder,
            request.TransactionId.Length > 0 ? new ClientApi.TransactionId(request.TransactionId) : null,
            request.HasDeadlineSeconds ? TimeSpan.FromSeconds(request.DeadlineSeconds) : null);
    }

    static void Add(TransactionBuilder to, Condition c, string where)
    {
        var kinds = (c.HasRevision ? 1 : 0) + (c.HasValue ? 1 : 0) + (c.Absent ? 1 : 0);
        _ = (c.HasKey, c.HasLock, c.HasSession) switch
        {
            (true, false, false) when kinds == 1 && !c.HasFence => c.Absent ? to.IfAbsent(c.Key) : c.HasValue ? to.IfValue(c.Key, c.Value.Memory) : to.IfRevision(c.Key, new Revision(c.Revision)),
            (false, true, false) when kinds == 0 && c.HasFence => to.IfHeld(c.Lock, new Fence(c.Fence)),
            (false, false, true) when kinds == 0 && !c.HasFence => to.IfAlive(SessionArgument.Of(c.Session)),
            _ => throw new InvalidCommandException($"{where} must be one of key with revision, value or absent; lock with fence; session"),
        };
    }

    static void Add(OperationList to, IEnumerable<Operation> operations, string where)
    {
        foreach (var (i, o) in operations.Index())
        {
            _ = o.KindCase switch
            {
                Operation.KindOneofCase.Put => to.Put(
                    o.Put.Key, o.Put.Value.Memory, o.Put.HasTtlSeconds ? TimeSpan.FromSeconds(o.Put.TtlSeconds) : null, o.Put.HasSessionId ? SessionArgument.Of(o.Put.SessionId) : null),
                Operation.KindOneofCase.Delete => to.Delete(o.Delete.Key),
                Operation.KindOneofCase.Get => to.Get(o.Get.Key),
                Operation.KindOneofCase.Add => to.Add(o.Add.Key, o.Add.Amount),
                Operation.KindOneofCase.Append => to.Append(o.Append.Key, o.Append.Value.Memory),
                _ => throw new InvalidCommandException($"{where}[{i}] must be one of put, delete, get, add, append"),
            };
        }
    }
}
