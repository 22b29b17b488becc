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

    /// <summary>What a user may be told. What is not decided is in progress, never aborted; of what was forgotten before it was closed, or dropped without the word of a participant, nobody knows.</summary>
    public TransactionStatus.Types.Outcome Outcome =>
        Aborted is { Forgotten: true } or { Without.Length: > 0 } ? TransactionStatus.Types.Outcome.Unknown
        : Aborted is not null ? TransactionStatus.Types.Outcome.Aborted
        : Committed is not null ? TransactionStatus.Types.Outcome.Committed
        : TransactionStatus.Types.Outcome.InProgress;

    /// <summary>Who took part, and in which rows, goes. Another object each time: the old one may be on its way into a row or a snapshot.</summary>
    public void Slim()
    {
        if (Started is { } started)
            Started = new TransactionStarted { TransactionId = Id, Attempt = started.Attempt, PayloadHash = started.PayloadHash, TimestampMs = started.TimestampMs };
        if (Committed is { } committed)
            Committed = new TransactionCommitted { TransactionId = Id, Attempt = committed.Attempt, Then = committed.Then, Result = committed.Result };
    }

    public void DropResults() => Committed = ResultsDropped();

    public static TransactionRecord From(StoredTransaction stored) => new(stored.Started?.TransactionId ?? stored.Aborted.TransactionId)
    {
        Started = stored.Started, Committed = stored.Committed, Aborted = stored.Aborted, Settled = stored.Settled, TimeMs = stored.TimeMs,
    };

    public StoredTransaction ToStored() => Stored(Committed);

    /// <summary>As it goes into the table.</summary>
    public StoredTransaction WithoutResults() => Stored(ResultsDropped());

    private StoredTransaction Stored(TransactionCommitted? committed)
    {
        var stored = new StoredTransaction { Settled = Settled, TimeMs = TimeMs };
        if (Started is not null) stored.Started = Started;
        if (committed is not null) stored.Committed = committed;
        if (Aborted is not null) stored.Aborted = Aborted;
        return stored;
    }

    private TransactionCommitted? ResultsDropped()
    {
        // A single one without a value is small, and a guarded write has no other answer.
        if (Committed is not { Result.Results.Count: > 0 } || Committed.Result.Results is [{ HasValue: false }]) return Committed;
        var bare = Committed.Clone();
        bare.Result.Results.Clear();
        bare.Result.ResultsDropped = true;
        return bare;
    }
}
