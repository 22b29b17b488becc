using AkkaHa.Node.Ownership;
using AkkaHa.Node.Storage;

namespace AkkaHa.Node.Membership;

/// <summary>
/// The rows of ownership, for who only looks: read from the database at most every 100 ms however many ask, and nobody waits longer than a second where it does not answer. What is safe
/// by who owns what does not ask here.
/// </summary>
/// <param name="read">Reads them.</param>
/// <param name="time">By which all this is measured.</param>
internal sealed class Ownerships(Func<CancellationToken, Task<IReadOnlyList<ShardRow>>> read, TimeProvider time)
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);
    public static readonly TimeSpan FailureStays = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan Fresh = TimeSpan.FromMilliseconds(100);

    /// <summary>Longer than anybody waits, so that a slow answer is there for the next; but those who take shards need that connection too.</summary>
    private static readonly TimeSpan ReadAtMost = TimeSpan.FromSeconds(3);

    private readonly Lock guard = new();
    private Reading? last;
    private IReadOnlyList<ShardRow> lastRows = [];

    public Ownerships(OwnershipStore store)
        : this(store.ReadAsync, TimeProvider.System)
    {
    }

    private sealed class Reading(long begunAt)
    {
        public long BegunAt { get; } = begunAt;

        public long EndedAt { get; set; }

        public Task<IReadOnlyList<ShardRow>> Rows { get; set; } = Task.FromResult<IReadOnlyList<ShardRow>>([]);
    }

    /// <exception cref="OwnersUnreadException">The database refused, or did not answer within a second.</exception>
    public async Task<IReadOnlyList<ShardRow>> ReadAsync(CancellationToken ct)
    {
        var reading = Current();
        try
        {
            // Who comes after somebody has waited for so long in vain need not wait too.
            return await reading.Rows.WaitAsync(time.GetElapsedTime(reading.BegunAt) < Patience ? Patience : TimeSpan.Zero, time, ct);
        }
        catch (Exception e) when (DatabaseFault.Is(e) || (e is OperationCanceledException && !ct.IsCancellationRequested))
        {
            throw new OwnersUnreadException(e is TimeoutException or OperationCanceledException ? "the database did not answer in time" : e.Message, e);
        }
    }

    /// <summary>Where they can't be read, as they last were; none: they never were.</summary>
    public async Task<IReadOnlyList<ShardRow>> ReadOrLastAsync(CancellationToken ct)
    {
        try
        {
            return await ReadAsync(ct);
        }
        catch (OwnersUnreadException)
        {
            lock (guard) return lastRows;
        }
    }

    private Reading Current()
    {
        lock (guard)
        {
            if (last is { Rows: var rows } reading
                && (!rows.IsCompleted || (rows.IsCompletedSuccessfully ? time.GetElapsedTime(reading.BegunAt) < Fresh : time.GetElapsedTime(reading.EndedAt) < FailureStays))) return reading;
            var next = new Reading(time.GetTimestamp());
            // Not where it was asked for: SQLite stands still with its caller.
            next.Rows = Task.Run(() => OnceAsync(next));
            return last = next;
        }
    }

    private async Task<IReadOnlyList<ShardRow>> OnceAsync(Reading reading)
    {
        using var atMost = new CancellationTokenSource(ReadAtMost, time);
        try
        {
            var rows = await read(atMost.Token);
            lock (guard) lastRows = rows;
            return rows;
        }
        finally
        {
            reading.EndedAt = time.GetTimestamp();
        }
    }
}

/// <summary>Who owns what could not be read.</summary>
internal sealed class OwnersUnreadException(string message, Exception inner) : Exception(message, inner);
