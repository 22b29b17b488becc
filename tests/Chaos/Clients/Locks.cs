using AkkaHa.Chaos.Histories;
using AkkaHa.ClientApi;
using AkkaHa.Judge.Keys;
using AkkaHa.Judge.Locks;
using AkkaHa.Messages;

namespace AkkaHa.Chaos.Clients;

/// <summary>Takes a lock, alone or with others, writes under its guard if it has it alone, sometimes slowly, and gives it back. Some begin with others, and want it alone then.</summary>
sealed class Locks(string name, AkkaHaClient client, Bench bench, int seed) : Holders(name, bench, seed)
{
    protected override async Task StepAsync()
    {
        var name = Use(EntityId.Lock(Names.Lock(Random.Next(Names.Locks), Now)));
        var mode = Random.Next(10) switch { < 6 => LockMode.Exclusive, < 9 => LockMode.Shared, _ => LockMode.Upgradeable };
        var grant = new GrantOperation(Name, Now, 0, Outcome.Failed, name) { Use = mode switch { LockMode.Shared => LockUse.Shared, LockMode.Upgradeable => LockUse.Upgradeable, _ => LockUse.Exclusive } };
        (var held, grant) = await TakeAsync(grant, () => client.Locks.TryAcquireAsync(new LockRequest(name) { Mode = mode }, Patience));
        if (held is null) return;
        await using (held)
        {
            var believed = await UseAsync(held, grant.End);
            grant = Believed(grant, held, believed);
            Bench.Recorder.Add(grant);
            if (mode == LockMode.Upgradeable) await UpgradeAsync(held, grant);
            await ReleaseAsync(held);
        }
    }

    private async Task UpgradeAsync(AcquiredLock held, GrantOperation before)
    {
        var upgrade = before with { Start = Now, Outcome = Outcome.Failed, Use = LockUse.Exclusive, IsUpgrade = true };
        try
        {
            if (await held.TryUpgradeAsync(Patience)) upgrade = upgrade with { Outcome = Outcome.Ok, Fence = held.Fence.Value };
        }
        catch (AkkaHaException e)
        {
            upgrade = upgrade with { Outcome = Bench.OutcomeOf(e) };
        }
        upgrade = upgrade with { End = Now };
        if (upgrade.Outcome == Outcome.Ok) upgrade = upgrade with { BelievedUntil = await UseAsync(held, upgrade.End) };
        Bench.Recorder.Add(upgrade);
    }

    /// <summary>The last moment at which it was looked at and held.</summary>
    private async Task<long> UseAsync(AcquiredLock held, long since)
    {
        var believed = since;
        for (var writes = Random.Next(1, 4); writes > 0; writes--)
        {
            if (Random.Next(5) == 0) await Task.Delay(Random.Next(1000));
            // The clock first: what it shows is then certainly no later than what the lock says.
            var now = Now;
            if (held.IsLost) break;
            believed = now;
            if (held.Mode == LockMode.Exclusive) await WriteAsync(held);
        }
        var last = Now;
        return held.IsLost ? believed : last;
    }

    private async Task WriteAsync(AcquiredLock held)
    {
        var key = Use(EntityId.Key(Names.Guarded(held.Name)));
        var call = new KeyOperation(Name, Now, 0, Outcome.Ok, key, KeyAction.Put) { Value = $"{held.Fence}/{Bench.Unique()}", Lock = held.Name, Fence = held.Fence.Value };
        try
        {
            var revision = await client.Keys.PutAsync(key, call.Value, guard: held);
            call = call with { Revision = revision.Value };
        }
        catch (AkkaHaException e)
        {
            call = call with { Outcome = Bench.OutcomeOf(e) };
        }
        Bench.Recorder.Add(call with { End = Now });
    }
}
