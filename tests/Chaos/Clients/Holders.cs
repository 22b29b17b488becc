using AkkaHa.Chaos.Histories;
using AkkaHa.ClientApi;

namespace AkkaHa.Chaos.Clients;

/// <summary>Takes something, uses it for a while, and gives it back.</summary>
abstract class Holders(string name, Bench bench, int seed) : Workload(name, bench, seed)
{
    protected static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    /// <summary>Null: not had, or not known; that is written down.</summary>
    protected async Task<(AcquiredLock? Held, GrantOperation Grant)> TakeAsync(GrantOperation grant, Func<Task<AcquiredLock?>> acquire)
    {
        try
        {
            var held = await acquire();
            grant = grant with { End = Now };
            if (held is null) Bench.Recorder.Add(grant);
            return (held, grant);
        }
        catch (AkkaHaException e)
        {
            Bench.Recorder.Add(grant with { End = Now, Outcome = Bench.OutcomeOf(e) });
            return (null, grant);
        }
    }

    /// <summary>The grant as it is written down when its holder has believed in it that long.</summary>
    protected static GrantOperation Believed(GrantOperation grant, AcquiredLock held, long until) =>
        grant with { Outcome = Outcome.Ok, Holder = $"{held.SessionId}/{held.HolderId}", Fence = held.Fence.Value, BelievedUntil = until };

    protected async Task ReleaseAsync(AcquiredLock held)
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
