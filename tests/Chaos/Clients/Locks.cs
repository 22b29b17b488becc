using AkkaHa.Chaos.Histories;
using AkkaHa.ClientApi;
using AkkaHa.Judge.Keys;
using AkkaHa.Messages;

namespace AkkaHa.Chaos.Clients;

/// <summary>Takes a lock, writes under its guard, sometimes slowly, and gives it back.</summary>
sealed class Locks(string name, AkkaHaClient client, Bench bench, int seed) : Workload(name, bench, seed)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    protected override async Task StepAsync()
    {
        var name = Use(EntityId.Lock(Names.Lock(Random.Next(Names.Locks), Now)));
        var grant = new GrantOperation(Name, Now, 0, Outcome.Failed, name);
        AcquiredLock? held;
        try
        {
            held = await client.Locks.TryAcquireAsync(name, Patience);
        }
        catch (AkkaHaException e)
        {
            Bench.Recorder.Add(grant with { End = Now, Outcome = Bench.OutcomeOf(e) });
            return;
        }
        grant = grant with { End = Now };
        if (held is null)
        {
            Bench.Recorder.Add(grant);
            return;
        }
        await using (held)
        {
            var believed = await UseAsync(held, grant.End);
            Bench.Recorder.Add(grant with { Outcome = Outcome.Ok, Holder = $"{held.SessionId}/{held.HolderId}", Fence = held.Fence.Value, BelievedUntil = believed });
            await ReleaseAsync(held);
        }
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
            await WriteAsync(held);
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

    private async Task ReleaseAsync(AcquiredLock held)
    {
        var release = new ReleaseOperation(Name, Now, 0, Outcome.Ok, held.Name, held.Fence.Value);
        try
        {
            await held.ReleaseAsync();
            Bench.SpentFences.Add(new Spent(held.Name, held.Fence.Value));
        }
        catch (AkkaHaException e)
        {
            release = release with { Outcome = Bench.OutcomeOf(e) };
        }
        Bench.Recorder.Add(release with { End = Now });
    }
}
