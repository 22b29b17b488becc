using System.Threading.Channels;
using Akka.Actor;
using Akka.DistributedData;

namespace AkkaHa.Node.Eventual;

/// <summary>Hears from the replicator when a bucket changes. Signals that are not taken yet stand for later ones too, so nothing piles up.</summary>
internal sealed class EventualWatch : IEventualWatch
{
    private readonly Channel<bool> signals = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly ActorSystem system;
    private readonly IActorRef listener;
    private readonly Action disposed;

    public EventualWatch(ActorSystem system, IActorRef replicator, IReadOnlyList<int> buckets, Action disposed)
    {
        this.system = system;
        this.disposed = disposed;
        listener = system.ActorOf(Props.Create(() => new Listener(replicator, buckets, signals.Writer)));
    }

    public async Task<bool> WaitAsync(TimeSpan atMost, CancellationToken ct)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(ct);
        patience.CancelAfter(atMost);
        try
        {
            return await signals.Reader.ReadAsync(patience.Token);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return false;
        }
    }

    public void Dispose()
    {
        system.Stop(listener);
        disposed();
    }

    private sealed class Listener : UntypedActor
    {
        private readonly ChannelWriter<bool> signals;

        public Listener(IActorRef replicator, IReadOnlyList<int> buckets, ChannelWriter<bool> signals)
        {
            this.signals = signals;
            // It watches us, and forgets us when we stop.
            foreach (var bucket in buckets) replicator.Tell(new Subscribe(BucketKey.Of(bucket), Self));
        }

        protected override void OnReceive(object message) => signals.TryWrite(true);

        // The incarnation is over: so is the watch.
        protected override void PostStop() => signals.TryComplete();
    }
}
