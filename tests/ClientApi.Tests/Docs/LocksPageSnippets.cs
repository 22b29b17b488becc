using System.Data.Common;

namespace AkkaHa.ClientApi.Tests.Docs;

/// <summary>The C# of docs/locks.md, so that it goes on compiling. <see cref="SnippetTests"/> compares.</summary>
internal static class LocksPageSnippets
{
    public static async Task BeginAsync(AkkaHaClient client)
    {
        await using var held = await client.Locks.AcquireAsync("orders/7", TimeSpan.FromSeconds(30));
        await ShipAsync(held.LostToken);
        await client.Keys.PutAsync("orders/7/state", "shipped", guard: held);
    }

    public static async Task ForeignStoreAsync(AkkaHaClient client, object connection)
    {
        await using var held = await client.Locks.AcquireAsync("orders/7");
        await using var update = new NpgsqlCommand("UPDATE orders SET state = 'shipped', fence = @fence WHERE id = 7 AND fence <= @fence", connection);
        update.Parameters.AddWithValue("fence", held.Fence.Value);
        if (await update.ExecuteNonQueryAsync(held.LostToken) == 0) throw new InvalidOperationException("a later holder was here");
    }

    public static async Task ModesAsync(AkkaHaClient client)
    {
        await using var reading = await client.Locks.AcquireSharedAsync("catalogue");

        await using var editing = await client.Locks.AcquireUpgradeableAsync("prices");
        if (await PricesAreOldAsync()) await editing.UpgradeAsync();

        await using var slot = await client.Locks.TryAcquireSemaphoreAsync("printers", permits: 1, limit: 3);
        if (slot is null) return;
    }

    public static async Task SeveralAsync(AkkaHaClient client)
    {
        await using var both = await client.Locks.AcquireAllAsync(["accounts/alice", "accounts/bob"]);
        await client.Keys.PutAsync("accounts/alice", "5", guard: both["accounts/alice"]);
    }

    public static async Task FlowAsync(AkkaHaClient client)
    {
        using var flow = LockFlow.Begin();
        await using var first = await client.Locks.AcquireAsync("a");
        try
        {
            await using var second = await client.Locks.AcquireAsync("b");
        }
        catch (DeadlockException e)
        {
            Console.WriteLine(string.Join(" → ", e.Cycle.Select(wait => $"{wait.Label} waits for {wait.Lock}")));
        }
    }

    public static async Task RecipesAsync(AkkaHaClient client, CancellationToken stopping)
    {
        await using var leadership = await client.Elections.CampaignAsync("scheduler", "10.0.0.7:8080");
        await client.Keys.PutAsync("schedule", "…", guard: leadership.Lock);
        await leadership.ProclaimAsync("10.0.0.7:9090");

        await foreach (var leader in client.Elections.ObserveAsync("scheduler", stopping)) Console.WriteLine(leader?.Text ?? "nobody leads");

        await client.Coordination.Barrier("phase", parties: 3).SignalAndWaitAsync();
        await client.Coordination.CountDownLatch("loaded", count: 5).CountDownAsync();
        var total = await client.Coordination.Counter("total").AddAsync(1, guard: leadership.Lock);
    }

    public static void Registration(IServiceCollection services)
    {
        services.AddAkkaHa("http://a:5081,http://b:5081").AddAkkaHaDistributedLocks();
    }

    private static Task ShipAsync(CancellationToken cancel) => Task.Delay(1, cancel);

    private static Task<bool> PricesAreOldAsync() => Task.FromResult(true);

    /// <summary>As Npgsql has it, as far as the page uses it.</summary>
    private sealed class NpgsqlCommand(string text, object connection) : IAsyncDisposable
    {
        public Dictionary<string, object> Parameters { get; } = [];

        public Task<int> ExecuteNonQueryAsync(CancellationToken cancel) => Task.FromResult(text.Length > 0 && connection is DbConnection ? 1 : 0);

        public ValueTask DisposeAsync() => default;
    }

    private static void AddWithValue(this Dictionary<string, object> parameters, string name, object value) => parameters.Add(name, value);
}
