using Akka.Actor;
using Akka.Cluster;
using AkkaHa.Core.Ownership;
using AkkaHa.Node.Ownership;

namespace AkkaHa.Node.Membership;

/// <summary>
/// Brings an incarnation into the cluster. Akka lets the first seed node found one when no other answers for a while; whether one lives that just can't be reached, the database
/// knows (<see cref="Founding"/>). While it does, the first seed joins and never founds; and where it stands alone beside one all the same, it ends and comes anew.
/// </summary>
internal sealed class Joining(Akka.Cluster.Cluster cluster, NodeParts parts, IReadOnlyList<Address> seeds, ILogger log)
{
    private static readonly TimeSpan JudgeEvery = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan JudgeAtMost = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LookAloneEvery = TimeSpan.FromSeconds(1);

    /// <summary>Long enough for a member that is just leaving to give back what it holds.</summary>
    private const long BesideAtMostMs = 10_000;

    private readonly TaskCompletionSource beside = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private IReadOnlyList<Address> by = [];

    /// <summary>Done when this node has been a cluster of its own for a while, beside another one that lives.</summary>
    public Task WhenBeside => beside.Task;

    public void Start()
    {
        if (seeds.Count == 0) cluster.Join(cluster.SelfAddress);
        else if (seeds[0] != cluster.SelfAddress) JoinBy(seeds);
        else Task.Run(RunAsync);
    }

    private async Task RunAsync()
    {
        while (!Over && cluster.SelfMember.Status == MemberStatus.Removed)
        {
            var (verdict, living) = await JudgeAsync();
            // Also while it is not known yet: who joins by others does not found.
            JoinBy(verdict == FoundingVerdict.Found ? seeds : [.. seeds.Union(living).Where(s => s != cluster.SelfAddress)]);
            await Task.Delay(JudgeEvery);
        }
        long? besideSinceMs = null;
        while (!Over)
        {
            await Task.Delay(LookAloneEvery);
            var alone = cluster.SelfMember.Status == MemberStatus.Up && cluster.State.Members.Count == 1;
            if (!alone || (await JudgeAsync()).Verdict != FoundingVerdict.Join) besideSinceMs = null;
            else if (MonotonicClock.NowMs - (besideSinceMs ??= MonotonicClock.NowMs) >= BesideAtMostMs) beside.TrySetResult();
        }
    }

    private bool Over => parts.Leaving || cluster.IsTerminated;

    private void JoinBy(IReadOnlyList<Address> addresses)
    {
        if (addresses.Count == 0 || addresses.SequenceEqual(by)) return;
        if (by.Count > 0 || addresses[0] != seeds[0]) log.LogInformation("Joining by {Addresses}", string.Join(", ", addresses));
        by = addresses;
        cluster.JoinSeedNodes(addresses);
    }

    private async Task<(FoundingVerdict Verdict, IReadOnlyList<Address> Living)> JudgeAsync()
    {
        try
        {
            using var patience = new CancellationTokenSource(JudgeAtMost);
            var holders = await parts.Ownership.HoldersAsync(patience.Token);
            if (parts.Leases.SeeAll() is not { } seen) return (FoundingVerdict.Wait, []);
            var living = Founding.Living(parts.Holder, holders, seen).Order(StringComparer.Ordinal).Select(node => Address.Parse(node[..node.LastIndexOf(' ')]));
            return (Founding.Decide(parts.Holder, holders, seen), [.. living]);
        }
        catch (Exception e)
        {
            // Whatever it is: then it is not known.
            log.LogDebug(e, "Whether a cluster lives could not be found out");
            return (FoundingVerdict.Wait, []);
        }
    }
}
