using System.Diagnostics;
using Akka.Actor;
using Akka.Cluster;
using AkkaHa.Messages.Internal;

namespace AkkaHa.Node.Journal;

/// <summary>
/// A node where somebody watches asks the others to say when they have written rows of keys, and reads the journal then instead of at its next look. It is a hint: what gets lost is found at the next look.
/// </summary>
internal sealed class WriteNews : ReceiveActor, IWithTimers
{
    /// <summary>Under <c>/user</c>.</summary>
    public const string ActorName = "write-news";

    private static readonly TimeSpan AskEvery = TimeSpan.FromSeconds(1);

    /// <summary>Who asks no more wants to hear no more.</summary>
    private static readonly TimeSpan AskedFor = TimeSpan.FromSeconds(3.5);

    /// <summary>Writes in so short a time are one piece of news: it waits for the rest of it.</summary>
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(2);

    private readonly Akka.Cluster.Cluster cluster;
    private readonly JournalSignal signal;
    private readonly Dictionary<IActorRef, long> asked = [];
    private readonly Action tell;
    private readonly IActorRef self;
    private readonly long startedAt = Stopwatch.GetTimestamp();
    private long lastNews;
    private volatile bool isAsked;
    private int isTold;

    public WriteNews(Akka.Cluster.Cluster cluster, JournalSignal signal)
    {
        (this.cluster, this.signal, self, tell) = (cluster, signal, Self, Written);
        Receive<AskOthers>(_ => OnAskOthers());
        Receive<News>(_ => OnNews());
        Receive<MemberSignal>(said => said.Kind == MemberSignalKind.Watches, _ =>
        {
            asked[Sender] = Stopwatch.GetTimestamp();
            (isAsked, signal.IsWantedElsewhere) = (true, true);
        });
        Receive<MemberSignal>(said => said.Kind == MemberSignalKind.KeysWritten, _ => signal.Heard());
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart()
    {
        signal.Tell(tell);
        Timers.StartPeriodicTimer(nameof(AskOthers), AskOthers.Now, AskEvery, AskEvery);
    }

    protected override void PostStop()
    {
        signal.NoMore(tell);
        // Outside the cluster nobody can ask.
        signal.IsWantedElsewhere = true;
    }

    /// <summary>Called by whoever has written, on any thread.</summary>
    private void Written()
    {
        if (isAsked && Interlocked.Exchange(ref isTold, 1) == 0) self.Tell(News.Now);
    }

    private void OnAskOthers()
    {
        foreach (var gone in asked.Where(a => Stopwatch.GetElapsedTime(a.Value) > AskedFor).Select(a => a.Key).ToArray()) asked.Remove(gone);
        isAsked = asked.Count > 0;
        // Whoever watches says so once a second: who has not been here for that long knows nothing.
        signal.IsWantedElsewhere = isAsked || Stopwatch.GetElapsedTime(startedAt) < AskedFor;
        if (!signal.IsWanted) return;
        foreach (var member in cluster.State.Members)
            if (member.UniqueAddress != cluster.SelfUniqueAddress && member.Status is MemberStatus.Up or MemberStatus.Leaving)
                Context.ActorSelection(new RootActorPath(member.Address) / "user" / ActorName).Tell(new MemberSignal { Kind = MemberSignalKind.Watches });
    }

    private void OnNews()
    {
        var since = Stopwatch.GetElapsedTime(lastNews);
        if (since < Quiet)
        {
            // Akka's timers are late by up to 10 ms.
            Task.Delay(TimeSpan.FromMilliseconds(Math.Ceiling((Quiet - since).TotalMilliseconds))).PipeTo(Self, success: () => News.Now);
            return;
        }
        // Before it is told: a write from here on is news again.
        Volatile.Write(ref isTold, 0);
        lastNews = Stopwatch.GetTimestamp();
        foreach (var node in asked.Keys) node.Tell(new MemberSignal { Kind = MemberSignalKind.KeysWritten });
    }

    private sealed class AskOthers : INotInfluenceReceiveTimeout
    {
        public static readonly AskOthers Now = new();
    }

    private sealed class News : INotInfluenceReceiveTimeout
    {
        public static readonly News Now = new();
    }
}
