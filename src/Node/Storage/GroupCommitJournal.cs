using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Threading.Channels;
using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using Akka.Persistence;
using Akka.Persistence.Sql.Journal;
using Akka.Serialization;
using Npgsql;

namespace AkkaHa.Node.Storage;

/// <summary>
/// Akka.Persistence.Sql's journal, but for the writing on PostgreSQL: what all entities write while the writes before are under way (and transactions, a little longer: <see cref="JournalCompany"/>) becomes one statement, prepared once, which is its own
/// transaction (ADR 0030). The plugin's own way takes three round trips for a batch, and spells every row out in SQL; most of what a write cost was that. What entities read when they begin is
/// asked for together likewise (ADR 0031).
/// </summary>
internal sealed class GroupCommitJournal : SqlWriteJournal
{
    private const int RowsAtMost = 400;
    private const long BytesAtMost = 8 << 20;
    private const int WaitingAtMost = 5_000;
    private const int AsksAtMost = 32;

    private readonly JournalCompany company;
    private readonly Channel<JournalWrite> waiting = Channel.CreateBounded<JournalWrite>(WaitingAtMost);
    private readonly ConcurrentDictionary<string, Task> underWay = new(StringComparer.Ordinal);
    private readonly GroupReads<HighestAsk, long> highest;
    private readonly GroupReads<RowsAsk, IReadOnlyList<StoredRow>> rowsOf;
    private readonly Akka.Serialization.Serialization serialization = Context.System.Serialization;
    private readonly ILoggingAdapter log = Context.GetLogger();
    private volatile bool stopped;

    public GroupCommitJournal(Config config)
        : base(config)
    {
        var connection = config.GetString("connection-string");
        company = new JournalCompany(config.GetTimeSpan("gather-for"));
        // One after the other gathers the most. A second beside it would answer nobody sooner: Akka's journal answers in the order in which it was asked.
        Task.Run(() => WriteAsync(new JournalInsert(connection)));
        var reads = new RecoveryReads(connection);
        highest = new GroupReads<HighestAsk, long>(AsksAtMost, reads.HighestAsync);
        rowsOf = new GroupReads<RowsAsk, IReadOnlyList<StoredRow>>(AsksAtMost, reads.RowsAsync);
    }

    protected override Task<IImmutableList<Exception>> WriteMessagesAsync(IEnumerable<AtomicWrite> messages, CancellationToken cancellationToken)
    {
        var events = messages.SelectMany(m => (IEnumerable<IPersistentRepresentation>)m.Payload).ToArray();
        if (events.Length == 0) return Task.FromResult<IImmutableList<Exception>>(null!);
        var write = new JournalWrite([.. events.Select(RowOf)], Array.TrueForAll(events, e => TransactionRows.Is(e.Payload)));
        if (!waiting.Writer.TryWrite(write)) throw new InvalidOperationException($"{WaitingAtMost} writes wait for the journal already, or it has been stopped");
        if (!write.IsOfTransactions) company.Hurry();
        // Whoever recovers this entity next waits for the end of it, whatever that is.
        var entity = write.Rows[0].PersistenceId;
        underWay[entity] = write.Done.Task;
        _ = write.Done.Task.ContinueWith(ended => underWay.TryRemove(KeyValuePair.Create(entity, (Task)ended)), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        return write.Done.Task;
    }

    public override async Task<long> ReadHighestSequenceNrAsync(string persistenceId, long fromSequenceNr, CancellationToken cancellationToken)
    {
        if (underWay.TryGetValue(persistenceId, out var write)) await write.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return await highest.AskAsync(new HighestAsk(persistenceId, fromSequenceNr));
    }

    public override async Task ReplayMessagesAsync(IActorContext context, string persistenceId, long fromSequenceNr, long toSequenceNr, long max, Action<IPersistentRepresentation> recoveryCallback)
    {
        for (var (from, left) = (fromSequenceNr, max); from <= toSequenceNr && left > 0;)
        {
            var page = await rowsOf.AskAsync(new RowsAsk(persistenceId, from, toSequenceNr, left));
            if (page.Count == 0) return;
            foreach (var row in page)
                recoveryCallback(new Persistent(row.Read(persistenceId, serialization), row.SequenceNr, persistenceId, row.Manifest, timestamp: row.Created));
            (from, left) = (page[^1].SequenceNr + 1, left - page.Count);
        }
    }

    protected override void PostStop()
    {
        stopped = true;
        waiting.Writer.TryComplete();
        company.Hurry();
        highest.Stop();
        rowsOf.Stop();
        base.PostStop();
    }

    private NewRow RowOf(IPersistentRepresentation @event)
    {
        var serializer = serialization.FindSerializerFor(@event.Payload);
        return new NewRow(@event.PersistenceId, @event.SequenceNr, serializer.ToBinary(@event.Payload), Akka.Serialization.Serialization.ManifestFor(serializer, @event.Payload), serializer.Identifier);
    }

    private async Task WriteAsync(JournalInsert insert)
    {
        while (await waiting.Reader.WaitToReadAsync())
        {
            await company.GatherAsync();
            var (batch, isFull) = Take();
            company.Took(batch, isFull);
            if (batch.Count > 0) await WriteAsync(insert, batch);
        }
        await CloseAsync(insert);
    }

    private async Task WriteAsync(JournalInsert insert, List<JournalWrite> batch)
    {
        try
        {
            if (stopped) throw new InvalidOperationException("the journal has been stopped; this was not written");
            await insert.RunAsync([.. batch.SelectMany(w => w.Rows)]);
            foreach (var write in batch) write.Done.SetResult(null!);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UniqueViolation && batch.Count > 1)
        {
            // Certainly none of it is stored. One of them is late, and the others' callers must not pay for it: by halves, it is soon alone.
            await WriteAsync(insert, batch[..(batch.Count / 2)]);
            await WriteAsync(insert, batch[(batch.Count / 2)..]);
        }
        catch (Exception e)
        {
            // All of them failed, or nobody knows: the one whose fault it is, and the innocent.
            foreach (var write in batch) write.Done.TrySetException(e);
            await CloseAsync(insert);
        }
    }

    /// <summary>What waits, as far as it goes into one statement.</summary>
    private (List<JournalWrite> Batch, bool IsFull) Take()
    {
        var (batch, rows, bytes) = (new List<JournalWrite>(), 0, 0L);
        while (rows < RowsAtMost && bytes < BytesAtMost && waiting.Reader.TryRead(out var next))
        {
            batch.Add(next);
            rows += next.Rows.Count;
            bytes += next.Rows.Sum(r => r.Message.LongLength);
        }
        return (batch, rows >= RowsAtMost || bytes >= BytesAtMost);
    }

    private async Task CloseAsync(JournalInsert insert)
    {
        try
        {
            await insert.CloseAsync();
        }
        catch (Exception e)
        {
            // It is forgotten in any case, and whoever writes next must not die of it.
            log.Warning("A connection of the journal could not be closed: {0}", e.Message);
        }
    }
}
