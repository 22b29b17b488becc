using Akka.Actor;
using Akka.Configuration;
using Akka.Persistence;

namespace AkkaHa.Node.Storage;

/// <summary>The journal on PostgreSQL: what entities read when they begin is asked for together, too (ADR 0031).</summary>
internal sealed class PostgresJournal : GroupCommitJournal
{
    private const int AsksAtMost = 32;

    private readonly GroupReads<HighestAsk, long> highest;
    private readonly GroupReads<RowsAsk, IReadOnlyList<StoredRow>> rowsOf;
    private readonly Akka.Serialization.Serialization serialization = Context.System.Serialization;

    public PostgresJournal(Config config)
        : base(config, new PostgresInsert(config.GetString("connection-string")))
    {
        var reads = new RecoveryReads(config.GetString("connection-string"));
        highest = new GroupReads<HighestAsk, long>(AsksAtMost, reads.HighestAsync);
        rowsOf = new GroupReads<RowsAsk, IReadOnlyList<StoredRow>>(AsksAtMost, reads.RowsAsync);
    }

    public override async Task ReplayMessagesAsync(IActorContext context, string persistenceId, long fromSequenceNr, long toSequenceNr, long max, Action<IPersistentRepresentation> recoveryCallback)
    {
        for (var (from, left) = (fromSequenceNr, max); from <= toSequenceNr && left > 0;)
        {
            var page = FirstPage(persistenceId, from, toSequenceNr, left) ?? await rowsOf.AskAsync(new RowsAsk(persistenceId, from, toSequenceNr, left));
            if (page.Count == 0) return;
            foreach (var row in page)
                recoveryCallback(new Persistent(row.Read(persistenceId, serialization), row.SequenceNr, persistenceId, row.Manifest, timestamp: row.Created));
            (from, left) = (page[^1].SequenceNr + 1, left - page.Count);
        }
    }

    // Whoever goes on from a number asks from the one before it.
    protected override async Task<long> HighestAsync(string persistenceId, long fromSequenceNr, CancellationToken ct) => Beginnings.Find(persistenceId, fromSequenceNr + 1) is { } found
        ? found.Highest >= fromSequenceNr ? found.Highest : 0
        : await highest.AskAsync(new HighestAsk(persistenceId, fromSequenceNr));

    private List<StoredRow>? FirstPage(string entity, long from, long to, long atMost) =>
        Beginnings.Take(entity, from) is { } found ? [.. found.Rows.TakeWhile(r => r.SequenceNr <= to).Take((int)Math.Min(atMost, int.MaxValue))] : null;

    protected override void PostStop()
    {
        highest.Stop();
        rowsOf.Stop();
        base.PostStop();
    }
}
