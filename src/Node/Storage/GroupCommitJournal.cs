using System.Threading.Channels;
using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using Akka.Persistence;
using Akka.Persistence.Sql.Journal;

namespace AkkaHa.Node.Storage;

/// <summary>
/// Akka.Persistence.Sql's journal, but for the writing: what all entities write while the writes before are under way (and transactions, a little longer: <see cref="JournalCompany"/>) is one transaction, by a
/// statement that was prepared once (ADR 0030). The plugin's own way takes three round trips for a batch, and spells every row out in SQL; most of what a write cost was that. An entity is told by whoever has stored its rows,
/// and not by way of Akka's journal (ADR 0037).
/// </summary>
internal abstract class GroupCommitJournal : SqlWriteJournal
{
    private const int RowsAtMost = 400;
    private const long BytesAtMost = 8 << 20;
    private const int WaitingAtMost = 5_000;

    private readonly JournalCompany company;

    /// <summary>What has waited for so long, behind a database that does not answer, is not written any more; a statement itself has as long (<see cref="PostgresConnections"/>, <see cref="SqliteInsert"/>).</summary>
    private readonly TimeSpan patience;

    private readonly Channel<JournalWrite> waiting = Channel.CreateBounded<JournalWrite>(WaitingAtMost);
    private readonly Akka.Serialization.Serialization serialization = Context.System.Serialization;
    private readonly ILoggingAdapter log = Context.GetLogger();
    private readonly RowInsert insert;
    private volatile bool stopped;

    protected GroupCommitJournal(Config config, RowInsert insert)
        : base(config)
    {
        this.insert = insert;
        company = new JournalCompany(config.GetTimeSpan("gather-for"));
        patience = config.GetTimeSpan("circuit-breaker.call-timeout");
        // One after the other gathers the most, and keeps each entity's answers in the order of its rows.
        Task.Run(WriteAsync);
    }

    protected Beginnings Beginnings { get; } = Beginnings.Of(Context.System);

    protected override bool AroundReceive(Receive receive, object message)
    {
        if (message is not WriteMessages asked) return base.AroundReceive(receive, message);
        Write(asked);
        return true;
    }

    public override async Task<long> ReadHighestSequenceNrAsync(string persistenceId, long fromSequenceNr, CancellationToken cancellationToken)
    {
        await Beginnings.WhenWrittenAsync(persistenceId);
        return await HighestAsync(persistenceId, fromSequenceNr, cancellationToken);
    }

    /// <summary>The number of an entity's last row, with none of its rows under way.</summary>
    protected virtual Task<long> HighestAsync(string persistenceId, long fromSequenceNr, CancellationToken ct) => base.ReadHighestSequenceNrAsync(persistenceId, fromSequenceNr, ct);

    protected override void PostStop()
    {
        stopped = true;
        waiting.Writer.TryComplete();
        company.Hurry();
        base.PostStop();
    }

    private void Write(WriteMessages asked)
    {
        var write = Read(asked);
        if (write.Rows.Count > 0) Beginnings.BeginWrite(write.Rows[0].PersistenceId, write);
        if (!waiting.Writer.TryWrite(write)) End(write, new InvalidOperationException($"{WaitingAtMost} writes wait for the journal already, or it has been stopped"));
        else if (!write.IsOfTransactions) company.Hurry();
    }

    private JournalWrite Read(WriteMessages asked)
    {
        try
        {
            var (rows, isOfTransactions, isAwaited) = (new List<NewRow>(1), true, false);
            foreach (var message in asked.Messages)
            {
                if (message is not AtomicWrite write) continue;
                foreach (var row in (IEnumerable<IPersistentRepresentation>)write.Payload)
                {
                    rows.Add(RowOf(row));
                    isOfTransactions &= TransactionRows.Is(row.Payload);
                    isAwaited |= TransactionRows.IsAwaited(row.Payload);
                }
            }
            return new JournalWrite(asked, rows, isOfTransactions, Self) { IsAwaited = isAwaited };
        }
        catch (Exception e)
        {
            // It can't be put into bytes: its entity's fault, and nobody else's. It is told when it would have been written, after what it wrote before.
            return new JournalWrite(asked, [], isOfTransactions: false, Self) { Unwritable = e };
        }
    }

    private NewRow RowOf(IPersistentRepresentation @event)
    {
        var serializer = serialization.FindSerializerFor(@event.Payload);
        return new NewRow(@event.PersistenceId, @event.SequenceNr, serializer.ToBinary(@event.Payload), Akka.Serialization.Serialization.ManifestFor(serializer, @event.Payload), serializer.Identifier);
    }

    private async Task WriteAsync()
    {
        while (await waiting.Reader.WaitToReadAsync())
        {
            await company.GatherAsync();
            var (batch, isFull) = Take();
            company.Took(batch, isFull);
            if (batch.Count > 0) await WriteAsync(batch);
        }
        await CloseAsync();
    }

    private async Task WriteAsync(List<JournalWrite> batch)
    {
        try
        {
            if (stopped) throw new InvalidOperationException("the journal has been stopped; this was not written");
            GiveUpLate(batch);
            if (batch.Count == 0) return;
            var rows = new List<NewRow>(batch.Count);
            foreach (var write in batch) rows.AddRange(write.Rows);
            if (rows.Count > 0) await insert.RunAsync(rows);
        }
        catch (Exception e) when (insert.IsCollision(e) && batch.Count > 1)
        {
            // Certainly none of it is stored. One of them is late, and the others' callers must not pay for it: by halves, it is soon alone.
            await WriteAsync(batch[..(batch.Count / 2)]);
            await WriteAsync(batch[(batch.Count / 2)..]);
            return;
        }
        catch (Exception e)
        {
            // All of them failed, or nobody knows: the one whose fault it is, and the innocent.
            foreach (var write in batch) End(write, e);
            await CloseAsync();
            return;
        }
        foreach (var write in batch) End(write, null);
    }

    /// <summary>Their callers have waited for a database that stands still, or for the other half.</summary>
    private void GiveUpLate(List<JournalWrite> batch)
    {
        foreach (var late in batch.FindAll(w => w.Age > patience))
        {
            batch.Remove(late);
            End(late, new TimeoutException($"it waited for the database for more than {patience.TotalSeconds:0.#} s, and was not written"));
        }
    }

    /// <summary>What has no row is told of its own fault alone, in its turn.</summary>
    private void End(JournalWrite write, Exception? why)
    {
        if (write.Rows.Count == 0) why = write.Unwritable;
        else Beginnings.EndWrite(write.Rows[0].PersistenceId, write);
        try
        {
            if (why is null) write.Stored();
            else write.Failed(why);
        }
        catch (Exception e)
        {
            // The others of the statement, and all that come after it, must be told all the same.
            log.Error(e, "{0} could not be told what came of its rows", write.Rows.Count > 0 ? write.Rows[0].PersistenceId : "an entity");
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
            foreach (var row in next.Rows) bytes += row.Message.LongLength;
        }
        return (batch, rows >= RowsAtMost || bytes >= BytesAtMost);
    }

    private async Task CloseAsync()
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
