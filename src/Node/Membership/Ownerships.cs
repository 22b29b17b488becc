using AkkaHa.Node.Ownership;

namespace AkkaHa.Node.Membership;

/// <summary>The rows of ownership, read from the database at most every 100 ms however many ask.</summary>
internal sealed class Ownerships(OwnershipStore store) : IDisposable
{
    private const long FreshMs = 100;

    private readonly SemaphoreSlim one = new(1, 1);
    private volatile Reading? last;

    private sealed record Reading(IReadOnlyList<ShardRow> Rows, long AtMs);

    public async Task<IReadOnlyList<ShardRow>> ReadAsync(CancellationToken ct)
    {
        if (Fresh() is { } rows) return rows;
        await one.WaitAsync(ct);
        try
        {
            if (Fresh() is { } readMeanwhile) return readMeanwhile;
            var at = Environment.TickCount64;
            last = new Reading(await store.ReadAsync(ct), at);
            return last.Rows;
        }
        finally
        {
            one.Release();
        }
    }

    private IReadOnlyList<ShardRow>? Fresh() => last is { } reading && Environment.TickCount64 - reading.AtMs < FreshMs ? reading.Rows : null;

    public void Dispose() => one.Dispose();
}
