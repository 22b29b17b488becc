using AkkaHa.ClientApi;
using Xunit;

namespace AkkaHa.Cluster.Tests.Backups;

/// <summary>Some of everything that a backup has, and what must be true of it where it was restored.</summary>
internal sealed class BackupData(AkkaHaClient client)
{
    /// <summary>More than one part of a restore.</summary>
    private const int Many = 1200;

    private readonly Dictionary<string, (string Value, Revision Revision)> keys = [];
    private TransactionId transaction;
    private TransactionBuilder Again => new TransactionBuilder().Then(then => then.Add("backup/n", 5).Put("backup/t", "once"));

    public async Task WriteAsync()
    {
        foreach (var value in (string[])["a", "b", "c"]) keys["backup/x"] = (value, await client.Keys.PutAsync("backup/x", value));
        // More bytes than are read at once, in keys of two rows each: too few for a snapshot.
        for (var i = 0; i < 8; i++)
        {
            var (key, value) = ($"backup/large/{i % 4}", $"{i}{new string('x', 900_000)}");
            keys[key] = (value, await client.Keys.PutAsync(key, value));
        }
        await client.Keys.PutAsync("backup/gone", "v");
        await client.Keys.DeleteAsync("backup/gone");
        keys["backup/ttl"] = ("for an hour", await client.Keys.PutAsync("backup/ttl", "for an hour", new PutOptions { Ttl = TimeSpan.FromHours(1) }));
        await client.Keys.PutAsync("backup/over", "over by then", new PutOptions { Ttl = TimeSpan.FromMilliseconds(1) });
        await client.Keys.PutAsync("backup/mine", "bound", new PutOptions { Session = (await client.Sessions.GetOwnAsync()).Id });
        await Parallel.ForEachAsync(Enumerable.Range(0, Many), new ParallelOptions { MaxDegreeOfParallelism = 32 }, async (i, _) =>
        {
            var revision = await client.Keys.PutAsync($"backup/many/{i}", $"{i}");
            lock (keys) keys[$"backup/many/{i}"] = ($"{i}", revision);
        });
        transaction = await client.Transactions.NewIdAsync();
        await client.Transactions.SubmitAsync(Again, transaction);
        for (var i = 0; i < 3; i++) await using (await client.Locks.AcquireAsync("backup/lock")) { }
        await client.Eventual.Counter("hits").IncrementAsync(7);
        await client.Eventual.Counter("hits").IncrementAsync(-2);
        await client.Eventual.Set("s").AddAsync(["a", "b", "c"]);
        await client.Eventual.Set("s").RemoveAsync("b");
        await client.Eventual.Register("r").SetAsync("last");
        await client.Eventual.Map("m").SetAsync("f", "1");
        await client.Eventual.Flag("f").EnableAsync();
    }

    /// <summary>What is given out by a cluster after its backup was made: none of it may come again.</summary>
    public async Task<(Fence Known, Fence Unknown, Revision Key)> GoOnAsync()
    {
        await client.Keys.PutAsync("backup/x", "lost");
        await using var known = await client.Locks.AcquireAsync("backup/lock");
        await using var unknown = await client.Locks.AcquireAsync("backup/lock/later");
        return (known.Fence, unknown.Fence, await client.Keys.PutAsync("backup/x", "lost too"));
    }

    public async Task CheckRestoredAsync(AkkaHaClient at, (Fence Known, Fence Unknown, Revision Key) lost)
    {
        foreach (var gone in (string[])["backup/gone", "backup/over", "backup/mine"]) Assert.Null(await at.Keys.GetAsync(gone));
        var there = new Dictionary<string, (string, Revision)>();
        await foreach (var entry in at.Keys.ListAsync("backup/")) if (entry.Key is not ("backup/n" or "backup/t")) there[entry.Key] = (entry.Text, entry.Revision);
        Assert.Equal(keys.OrderBy(k => k.Key, StringComparer.Ordinal), there.Select(k => KeyValuePair.Create(k.Key, (Value: k.Value.Item1, Revision: k.Value.Item2))).OrderBy(k => k.Key, StringComparer.Ordinal));
        Assert.Equal("c", await at.Keys.GetStringAsync("backup/x"));

        Assert.Equal(TransactionOutcome.Committed, await at.Transactions.GetOutcomeAsync(transaction));
        await at.Transactions.SubmitAsync(Again, transaction);
        Assert.Equal(("5", "once"), (await at.Keys.GetStringAsync("backup/n"), await at.Keys.GetStringAsync("backup/t")));

        Assert.Equal(5, await at.Eventual.Counter("hits").GetAsync());
        Assert.Equal(["a", "c"], (await at.Eventual.Set("s").GetAsync()).Order());
        Assert.Equal("last", await at.Eventual.Register("r").GetAsync());
        Assert.Equal("1", (await at.Eventual.Map("m").GetAsync())["f"]);
        Assert.True(await at.Eventual.Flag("f").GetAsync());

        var next = await at.Keys.PutAsync("backup/x", "d", keys["backup/x"].Revision);
        Assert.True(next.Value > lost.Key.Value, $"revision {next} follows {lost.Key}, which was given out after the backup");
        var again = await at.Keys.PutAsync("backup/gone", "v", Revision.Absent);
        Assert.True(again.Value > 2);
        await using var known = await at.Locks.AcquireAsync("backup/lock");
        Assert.True(known.Fence.Value > lost.Known.Value, $"fence {known.Fence} follows {lost.Known}, which was given out after the backup");
        await using var unknown = await at.Locks.AcquireAsync("backup/lock/later");
        Assert.True(unknown.Fence.Value > lost.Unknown.Value, $"fence {unknown.Fence} follows {lost.Unknown}, which was given out after the backup, of a lock that it does not know");
    }
}
