using AkkaHa.Messages.V1;

namespace AkkaHa.Messages;

/// <summary>What a transaction is about, as its request says.</summary>
public static class TransactionContent
{
    /// <summary>It has conditions on keys alone, and no operation but <c>get</c>: whoever reads all those keys as of one moment has done it.</summary>
    public static bool OnlyReadsKeys(TransactionRequest request) =>
        request.Conditions.All(c => c.HasKey) && request.Then.Concat(request.Else).All(o => o.KindCase == Operation.KindOneofCase.Get);
}
