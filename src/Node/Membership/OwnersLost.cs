using Akka.Cluster;

namespace AkkaHa.Node.Membership;

/// <summary>
/// Wakes those who wait for an answer when a member is gone: what was sent to it is lost without a word, and its shards have, or will soon have, another owner.
/// </summary>
internal sealed class OwnersLost
{
    private TaskCompletionSource next = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public OwnersLost(Akka.Cluster.Cluster cluster) => cluster.System.ActorOf(Akka.Actor.Props.Create(() => new Listener(cluster, this)), "owners-lost");

    /// <summary>Done at the next loss.</summary>
    public Task Next => Volatile.Read(ref next).Task;

    private void Tell() => Interlocked.Exchange(ref next, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();

    private sealed class Listener : Akka.Actor.ReceiveActor
    {
        private readonly Akka.Cluster.Cluster cluster;

        public Listener(Akka.Cluster.Cluster cluster, OwnersLost owners)
        {
            this.cluster = cluster;
            Receive<ClusterEvent.MemberRemoved>(_ => owners.Tell());
        }

        protected override void PreStart() => cluster.Subscribe(Self, ClusterEvent.SubscriptionInitialStateMode.InitialStateAsEvents, typeof(ClusterEvent.MemberRemoved));

        protected override void PostStop() => cluster.Unsubscribe(Self);
    }
}
