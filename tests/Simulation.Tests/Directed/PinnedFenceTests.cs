using AkkaHa.Core.Entities;
using AkkaHa.Judge.Locks;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;
using AkkaHa.Simulation.Tests.Clients;
using AkkaHa.Simulation.Tests.World;
using Xunit;
using Transactions = AkkaHa.Simulation.Tests.Clients.Transactions;

namespace AkkaHa.Simulation.Tests.Directed;

/// <summary>
/// A guarded write has been let in by the lock, and is late at the list. Meanwhile the lock is given back, or taken away; the next holder writes to the list. Whether the write of before comes after it
/// depends on the release: it must wait for what rests on its fence.
/// </summary>
public sealed class PinnedFenceTests
{
    private const long LateMs = 2000;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_write_under_a_fence_never_comes_after_one_of_the_next_holder(bool force) => Assert.Equal(["1/a", "2/b"], Written(RuleSwitches.AllOn, force));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Without_a_release_that_waits_for_it_it_does(bool force)
    {
        var written = Written(RuleSwitches.AllOn with { PinBeforeRelease = false }, force);
        Assert.Single(LockJudge.Judge([], written.Select(w => new GuardedWrite("l", long.Parse(w.Split('/')[0]), w))));
    }

    /// <summary>The next holder reads and writes nothing: what it has read stays as it is.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_the_next_holder_has_read_no_write_under_the_fence_before_changes(bool force)
    {
        var (read, last) = Read(RuleSwitches.AllOn, force);
        Assert.Equal(["1/a"], read);
        Assert.Equal(read, last);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Without_a_release_that_waits_for_it_what_was_read_changes(bool force)
    {
        var (read, last) = Read(RuleSwitches.AllOn with { PinBeforeRelease = false }, force);
        Assert.Empty(read);
        Assert.Equal(["1/a"], last);
    }

    private static (string[] Read, string[] Last) Read(RuleSwitches rules, bool force) => Run(rules, force, writes: false);

    private static string[] Written(RuleSwitches rules, bool force) => Run(rules, force, writes: true).Last;

    private static (string[] Read, string[] Last) Run(RuleSwitches rules, bool force, bool writes) => Story.Run(rules, nodes: 1, client => LateWriteAsync(client, force, writes));

    private static async Task<(string[] Read, string[] Last)> LateWriteAsync(Client client, bool force, bool writes)
    {
        var world = client.World;
        var (one, other) = ((await SessionOfClient.Open(client, 60_000))!, (await SessionOfClient.Open(client, 60_000))!);
        Assert.Equal(1, (await AcquireAsync(client, one, 0)).Reply!.LockGrant.Fence);
        var until = world.Scheduler.Now + LateMs;
        world.Network.Direct = (to, command) => command.Prepare?.TransactionId == "a" && to.Name == "list" && world.Scheduler.Now < until ? [until - world.Scheduler.Now] : null;
        var first = client.Run(Append("a", 1), 30_000);
        await world.Scheduler.Delay(100);
        var next = AcquireAsync(client, other, 20);
        await world.Scheduler.Delay(100);
        var back = client.Mutate(EntityId.Lock("l"), () => force
            ? new Command { ForceReleaseLock = new ForceReleaseLockRequest { Name = "l", Reason = "why" } }
            : new Command { ReleaseLock = new ReleaseLockRequest { Name = "l", SessionId = one.Id.Text, Fence = 1 } }, client.NewRequestId(), 30_000);
        Assert.Equal(2, (await next).Reply!.LockGrant.Fence);
        string[] read = [];
        if (writes) Assert.True((await client.Run(Append("b", 2), 30_000)).Reply!.Transaction.ConditionsHeld);
        else read = await ReadAsync(client, "look");
        // It was let in while its fence was held.
        Assert.True((await first).Reply!.Transaction.ConditionsHeld);
        Assert.Null((await back).Code);
        world.Network.Direct = null;
        client.Stopped = true;
        return (read, await ReadAsync(client, "read"));
    }

    private static async Task<string[]> ReadAsync(Client client, string id)
    {
        var read = await client.Run(new TransactionRequest { TransactionId = id, Then = { Transactions.Get("list") } }, 30_000);
        return read.Reply!.Transaction.Results[0].Text()?.Split(' ', StringSplitOptions.RemoveEmptyEntries) ?? [];
    }

    private static TransactionRequest Append(string id, long fence) =>
        new() { TransactionId = id, DeadlineSeconds = 20, Conditions = { Transactions.Lock("l", fence) }, Then = { Transactions.Append("list", $"{fence}/{id} ") } };

    private static Task<Answer> AcquireAsync(Client client, SessionOfClient session, double wait) => client.Mutate(
        EntityId.Lock("l"), () => new Command { AcquireLock = new AcquireLockRequest { Name = "l", SessionId = session.Id.Text, WaitSeconds = wait } }, client.NewRequestId(), 40_000);
}
