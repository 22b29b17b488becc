using Akka.Actor;
using Akka.Cluster;
using Akka.Event;
using AkkaHa.Node.Entities;
using AkkaHa.Node.Membership;

namespace AkkaHa.Node.Outcomes;

/// <summary>On the leader, every now and then: deletes outcomes that need not be kept any more. Two that do it at once, or none for a while, do no harm.</summary>
internal sealed class OutcomeSweeper : ReceiveActor, IWithTimers
{
    private static readonly TimeSpan Every = TimeSpan.FromMinutes(10);

    public OutcomeSweeper(NodeParts parts)
    {
        var cluster = Akka.Cluster.Cluster.Get(Context.System);
        var log = Context.GetLogger();
        ReceiveAsync<Sweep>(async _ =>
        {
            if (cluster.State.Leader != cluster.SelfAddress || cluster.SelfMember.Status != MemberStatus.Up || !parts.DatabaseAnswers) return;
            try
            {
                var deleted = await parts.Outcomes.Store.DeleteOldAsync(NodeClock.Now().WallMs, CancellationToken.None);
                if (deleted > 0) log.Info("{0} outcomes of transactions were deleted, as their time was over", deleted);
            }
            catch (Exception e)
            {
                log.Warning("Old outcomes of transactions were not deleted, and will be later: {0}", e.Message);
            }
        });
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart()
    {
        Timers.StartPeriodicTimer(Sweep.Instance, Sweep.Instance, TimeSpan.FromMinutes(1), Every);
        base.PreStart();
    }

    private sealed class Sweep
    {
        public static readonly Sweep Instance = new();
    }
}
