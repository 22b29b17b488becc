using AkkaHa.Messages.V1;
using Google.Protobuf;

namespace AkkaHa.Simulation.Tests.Clients;

/// <summary>Short names for the parts of transactions.</summary>
static class Transactions
{
    public static Operation Get(string key) => new() { Get = new GetOperation { Key = key } };

    public static Operation Put(string key, string value) => new() { Put = new PutOperation { Key = key, Value = ByteString.CopyFromUtf8(value) } };

    public static Operation Add(string key, long amount) => new() { Add = new AddOperation { Key = key, Amount = amount } };

    public static Operation Append(string key, string value) => new() { Append = new AppendOperation { Key = key, Value = ByteString.CopyFromUtf8(value) } };

    public static Condition Value(string key, string value) => new() { Key = key, Value = ByteString.CopyFromUtf8(value) };

    public static Condition Revision(string key, long revision) => new() { Key = key, Revision = revision };

    public static Condition Lock(string name, long fence) => new() { Lock = name, Fence = fence };

    public static Condition Session(string id) => new() { Session = id };

    public static string? Text(this OperationResult result) => result.HasValue ? result.Value.ToStringUtf8() : null;

    public static bool IsAborted(this Answer answer) => answer.Code is ErrorCode.TxnAborted or ErrorCode.TxnConflict;
}
