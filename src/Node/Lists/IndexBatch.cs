using System.Data.Common;
using AkkaHa.Core.Transactions;
using AkkaHa.Messages;
using AkkaHa.Messages.Storage;
using AkkaHa.Node.Journal;
using AkkaHa.Node.Ownership;

namespace AkkaHa.Node.Lists;

/// <summary>What rows of the journal change in the index: of each key the last that was written, of each transaction whether it may still write.</summary>
internal sealed class IndexBatch
{
    private readonly Dictionary<string, KeyWritten> written = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Key, string TransactionId), bool> open = [];
    private readonly Dictionary<string, long> endedSessions = new(StringComparer.Ordinal);

    public async Task AddAsync(KeyWrites writes, DbConnection connection, JournalRow row, CancellationToken ct)
    {
        var id = EntityId.Parse(row.PersistenceId);
        if (id.Kind == EntityId.SessionKind)
        {
            foreach (var @event in row.Envelope.Events)
                if (@event.SessionEnded is { } ended) endedSessions[ended.SessionId] = row.Envelope.TimeMs;
            return;
        }
        foreach (var @event in row.Envelope.Events)
        {
            if (@event.Prepared is { } prepared) Open(id.Name, prepared);
            else if (StoredParticipant.LetGoBy(@event) is { } transactionId) open[(id.Name, transactionId)] = false;
        }
        try
        {
            var all = await writes.OfAsync(connection, row, ct);
            if (all.Count > 0) written[id.Name] = all[^1];
        }
        catch (MissingPreparedException)
        {
            // What the key is by now. What is between is read again, in order, and ends the same.
            written[id.Name] = (await StoredEntities.RecoverAsync(connection, row.PersistenceId, ct)).Key.Value;
        }
    }

    /// <summary>The present state of an entity, as its own recovery gives it.</summary>
    public void Add(string key, KeySnapshot state)
    {
        if (state.Value is { Present: true } value) written[key] = value;
        foreach (var stored in state.Participant?.Prepared ?? []) Open(key, stored.Prepared);
    }

    public void AddEndedSession(string sessionId, long timeMs) => endedSessions[sessionId] = timeMs;

    public async Task WriteAsync(IIndexTables tables, CancellationToken ct)
    {
        if (endedSessions.Count > 0) await tables.EndSessionsAsync(endedSessions, ct);
        var gone = written.Where(w => !w.Value.Present).Select(w => w.Key).ToArray();
        if (gone.Length > 0) await tables.RemoveAsync(gone, ct);
        var present = written.Where(w => w.Value.Present).ToArray();
        if (present.Length > 0) await tables.PutAsync(present, ct);
        if (endedSessions.Count > 0) await tables.MarkEndedAsync([.. endedSessions.Keys], ct);
        var closed = open.Where(o => !o.Value).Select(o => o.Key).ToArray();
        if (closed.Length > 0) await tables.CloseAsync(closed, ct);
        var opened = open.Where(o => o.Value).Select(o => o.Key).ToArray();
        if (opened.Length > 0) await tables.OpenAsync(opened, ct);
    }

    private void Open(string key, Prepared prepared)
    {
        if (prepared.Then?.Write is not null || prepared.Else?.Write is not null) open[(key, prepared.TransactionId)] = true;
    }
}
