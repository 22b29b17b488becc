using AkkaHa.Messages.Storage;
using AkkaHa.Messages.V1;
using Google.Protobuf;

namespace AkkaHa.Core.Transactions;

/// <summary>What a coordinator durably knows of one transaction.</summary>
internal sealed class TransactionRecord(string id)
{
    public string Id { get; } = id;

    /// <summary>The last attempt begun; null when it was aborted without ever being started.</summary>
    public TransactionStarted? Started { get; set; }

    /// <summary>The row that holds <see cref="Started"/>.</summary>
    public long StartedSequenceNr { get; set; }

    public TransactionCommitted? Committed { get; set; }

    public TransactionAborted? Aborted { get; set; }

    /// <summary>Every participant has made the decision durable.</summary>
    public bool Settled { get; set; }

    /// <summary>When it came to its present state.</summary>
    public long TimeMs { get; set; }

    public bool IsDecided => Committed is not null || Aborted is not null;

    public ByteString PayloadHash => Started?.PayloadHash ?? ByteString.Empty;

    /// <summary>What a user may be told. What is not decided is in progress, never aborted.</summary>
    public TransactionStatus.Types.Outcome Outcome =>
        Aborted is not null ? TransactionStatus.Types.Outcome.Aborted
        : Committed is not null ? TransactionStatus.Types.Outcome.Committed
        : TransactionStatus.Types.Outcome.InProgress;
}
