using Wire = AkkaHa.Messages.V1;

namespace AkkaHa.ClientApi;

/// <summary>A committed transaction.</summary>
/// <param name="Id">Its id.</param>
/// <param name="ConditionsHeld">True: the <c>then</c> branch ran; false: the <c>else</c> branch.</param>
/// <param name="Results">One per operation of the branch that ran, in its order. Kept by the servers for 10 minutes as a rule; a repeat that finds them gone says so by <see cref="ResultsDropped"/>.</param>
/// <param name="ConditionResults">One per condition, in its order.</param>
public sealed record TransactionResult(TransactionId Id, bool ConditionsHeld, IReadOnlyList<OperationResult> Results, IReadOnlyList<bool> ConditionResults)
{
    /// <summary>
    /// True: this is a repeat, it is committed, and its results are not kept any more: <see cref="Results"/> are empty. That of a single put or delete is kept for as long as
    /// the outcome.
    /// </summary>
    public bool ResultsDropped { get; init; }

    internal static TransactionResult From(Wire.TransactionResult result) => new(
        new TransactionId(result.TransactionId), result.ConditionsHeld, [.. result.Results.Select(OperationResult.From)], [.. result.ConditionResults])
    {
        ResultsDropped = result.ResultsDropped,
    };
}

/// <summary>What one operation did.</summary>
/// <param name="Key">The key.</param>
/// <param name="Revision">After the transaction for what it wrote; as seen for a get.</param>
/// <param name="Value">Of get, add and append: the value after the operation; null when there is none.</param>
/// <param name="Deleted">Of delete: whether there was something.</param>
public sealed record OperationResult(string Key, Revision Revision, ReadOnlyMemory<byte>? Value, bool Deleted)
{
    internal static OperationResult From(Wire.OperationResult result) =>
        new(result.Key, new Revision(result.Revision), result.HasValue ? result.Value.Memory : default(ReadOnlyMemory<byte>?), result.Deleted);
}
