using System.Collections.Concurrent;
using System.Diagnostics;
using AkkaHa.ClientApi;
using AkkaHa.Judge;
using AkkaHa.Judge.Keys;
using AkkaHa.Judge.Lists;
using AkkaHa.Judge.Locks;
using AkkaHa.Judge.Totals;

namespace AkkaHa.Cluster.Tests;

/// <summary>Clients that do things and write down what they saw, for the judge. Times are microseconds of one clock.</summary>
internal sealed class RecordingClient(AkkaHaClient client)
{
    public const int Accounts = 16;
    public const long Start = 100;
    private const int Registers = 4;
    private const int ListKeys = 6;

    private readonly Stopwatch clock = Stopwatch.StartNew();
    private int nextElement;
    private long acknowledged;
    private long unknown;

    public ConcurrentQueue<KeyCall> Calls { get; } = [];

    public ConcurrentQueue<ListTransaction> Lists { get; } = [];

    public ConcurrentQueue<Balance> Balances { get; } = [];

    public ConcurrentQueue<GuardedWrite> Guarded { get; } = [];

    public ConcurrentQueue<LockGrantSeen> Grants { get; } = [];

    public CounterTotal Counter(long value) => new("count", value, Interlocked.Read(ref acknowledged), Interlocked.Read(ref unknown));

    private long Now => clock.ElapsedTicks * 1_000_000 / Stopwatch.Frequency;

    public Task OpenAccountsAsync() => client.Transactions.SubmitAsync(new TransactionBuilder().Then(then =>
    {
        for (var i = 0; i < Accounts; i++) then.Put($"account/{i}", $"{Start}");
    }));

    /// <summary>Reads, writes, deletes and compares on a few keys that all clients share.</summary>
    public async Task RegistersAsync(int seed, CancellationToken until)
    {
        var random = new Random(seed);
        while (!until.IsCancellationRequested)
        {
            var key = $"register/{random.Next(Registers)}";
            var invoked = Now;
            var value = $"{seed}.{Interlocked.Increment(ref nextElement)}";
            var kind = random.Next(10);
            try
            {
                if (kind < 4)
                {
                    await ReadRegisterAsync(key);
                }
                else if (kind < 9)
                {
                    long? condition = kind < 7 ? null : random.Next(2) == 0 ? 0 : (await client.Keys.GetAsync(key, CancellationToken.None))?.Revision.Value ?? 0;
                    invoked = Now;
                    await RecordAsync(new KeyCall(key, KeyAction.Put, KeyEnd.Unknown, invoked, Time.Never) { Value = value, IfRevision = condition },
                        async () => (await client.Keys.PutAsync(key, value, condition is { } c ? new Revision(c) : null, null, CancellationToken.None), false));
                }
                else
                {
                    await RecordAsync(new KeyCall(key, KeyAction.Delete, KeyEnd.Unknown, invoked, Time.Never), async () =>
                    {
                        var deleted = await client.Keys.DeleteAsync(key, null, null, CancellationToken.None);
                        return (deleted.Revision, deleted.Deleted);
                    });
                }
            }
            catch (UnavailableException)
            {
                // Certainly not done, or a read that was not answered: nothing to judge.
            }
            catch (OutcomeUnknownException)
            {
                // A read; writes have recorded it.
            }
        }
    }

    private async Task ReadRegisterAsync(string key)
    {
        var invoked = Now;
        var entry = await client.Keys.GetAsync(key, CancellationToken.None);
        Calls.Enqueue(new KeyCall(key, KeyAction.Get, KeyEnd.Done, invoked, Now) { Seen = entry?.Text, Revision = entry?.Revision.Value ?? 0 });
    }

    /// <summary>Every register and every list once more, so that the judge sees what has become of the last writes.</summary>
    public async Task ReadAllAsync()
    {
        for (var i = 0; i < Registers; i++) await ReadRegisterAsync($"register/{i}");
        var keys = Enumerable.Range(0, ListKeys).Select(i => $"list/{i}").ToArray();
        var id = await client.Transactions.NewIdAsync(CancellationToken.None);
        var invoked = Now;
        var result = await client.Transactions.SubmitAsync(new TransactionBuilder().Then(then =>
        {
            foreach (var key in keys) then.Get(key);
        }), id, CancellationToken.None);
        Lists.Enqueue(new ListTransaction(id.ToString(), ListEnd.Committed, invoked, Now, [.. keys.Select((k, i) => new ListStep(k, null, Elements(result.Results[i].Value)))]));
    }

    private async Task RecordAsync(KeyCall call, Func<Task<(Revision Revision, bool Deleted)>> run)
    {
        try
        {
            var (revision, deleted) = await run();
            Calls.Enqueue(call with { End = KeyEnd.Done, CompletedAt = Now, Revision = revision.Value, Deleted = deleted });
        }
        catch (RevisionMismatchException)
        {
            Calls.Enqueue(call with { End = KeyEnd.Refused, CompletedAt = Now });
        }
        catch (OutcomeUnknownException)
        {
            Calls.Enqueue(call);
        }
    }

    /// <summary>Transactions that append to some lists and read others.</summary>
    public async Task ListsAsync(int seed, CancellationToken until)
    {
        var random = new Random(seed);
        while (!until.IsCancellationRequested)
        {
            var keys = Enumerable.Range(0, ListKeys).OrderBy(_ => random.Next()).Take(3).Select(i => $"list/{i}").ToArray();
            var appends = keys.Select(k => random.Next(2) == 0 ? $"{Interlocked.Increment(ref nextElement)}" : null).ToArray();
            var transaction = new TransactionBuilder().Then(then =>
            {
                foreach (var (key, append) in keys.Zip(appends))
                {
                    if (append is null) then.Get(key);
                    else then.Append(key, append + ",");
                }
            });
            var id = await client.Transactions.NewIdAsync(CancellationToken.None);
            var invoked = Now;
            try
            {
                var result = await client.Transactions.SubmitAsync(transaction, id, CancellationToken.None);
                var completed = Now;
                Lists.Enqueue(new ListTransaction(id.ToString(), ListEnd.Committed, invoked, completed,
                    [.. keys.Select((k, i) => new ListStep(k, appends[i], Elements(result.Results[i].Value)))]));
            }
            catch (AkkaHaException e)
            {
                var aborted = e is TransactionAbortedException or TransactionConflictException or UnavailableException;
                Lists.Enqueue(new ListTransaction(id.ToString(), aborted ? ListEnd.Aborted : ListEnd.Unknown, invoked, aborted ? Now : Time.Never,
                    [.. keys.Select((k, i) => new ListStep(k, appends[i], null))]));
            }
        }
    }

    private static IReadOnlyList<string> Elements(ReadOnlyMemory<byte>? value) =>
        value is null ? [] : System.Text.Encoding.UTF8.GetString(value.Value.Span).Split(',', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Moves money between accounts in the read, validate, write form; now and then reads them all at once.</summary>
    public async Task TransfersAsync(int seed, CancellationToken until)
    {
        var random = new Random(seed);
        while (!until.IsCancellationRequested)
        {
            try
            {
                if (random.Next(8) == 0)
                {
                    Balances.Enqueue(await BalanceAsync($"reader-{seed}"));
                    continue;
                }
                var (from, to) = (random.Next(Accounts), random.Next(Accounts - 1));
                if (to >= from) to++;
                var amount = random.Next(1, 20);
                await client.Transactions.RunAsync(async tx =>
                {
                    var source = long.Parse((await tx.GetStringAsync($"account/{from}"))!, System.Globalization.CultureInfo.InvariantCulture);
                    var target = long.Parse((await tx.GetStringAsync($"account/{to}"))!, System.Globalization.CultureInfo.InvariantCulture);
                    tx.Put($"account/{from}", $"{source - amount}");
                    tx.Put($"account/{to}", $"{target + amount}");
                }, CancellationToken.None);
            }
            catch (AkkaHaException)
            {
                // Whatever became of it: the sum must be the same.
            }
        }
    }

    /// <summary>All accounts in one transaction.</summary>
    public async Task<Balance> BalanceAsync(string reader)
    {
        var result = await client.Transactions.SubmitAsync(new TransactionBuilder().Then(then =>
        {
            for (var i = 0; i < Accounts; i++) then.Get($"account/{i}");
        }));
        return new Balance(reader, Now, [.. result.Results.Select(r => long.Parse(r.Value!.Value.Span, System.Globalization.CultureInfo.InvariantCulture))]);
    }

    /// <summary>Counts under a lock, with its fence as the guard.</summary>
    public async Task IncrementsAsync(CancellationToken until)
    {
        while (!until.IsCancellationRequested)
        {
            try
            {
                var invoked = Now;
                var held = await client.Locks.AcquireAsync("counter", TimeSpan.FromSeconds(40), CancellationToken.None);
                var granted = Now;
                try
                {
                    var value = long.Parse(await client.Keys.GetStringAsync("count", CancellationToken.None) ?? "0", System.Globalization.CultureInfo.InvariantCulture);
                    var revision = await client.Keys.PutAsync("count", $"{value + 1}", null, held, CancellationToken.None);
                    Interlocked.Increment(ref acknowledged);
                    Guarded.Enqueue(new GuardedWrite("counter", held.Fence.Value, $"{revision.Value:D10}"));
                }
                catch (OutcomeUnknownException)
                {
                    Interlocked.Increment(ref unknown);
                }
                finally
                {
                    Grants.Enqueue(new LockGrantSeen("counter", $"{held.SessionId}/{held.HolderId}", held.Fence.Value, invoked, granted, Now));
                    await held.DisposeAsync();
                }
            }
            catch (AkkaHaException)
            {
                // Not got, or lost on the way.
            }
        }
    }
}
