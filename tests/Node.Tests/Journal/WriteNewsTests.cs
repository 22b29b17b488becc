using Akka.Actor;
using Akka.Configuration;
using Akka.TestKit.Xunit2;
using AkkaHa.Messages.Internal;
using AkkaHa.Node.Journal;
using Xunit;

namespace AkkaHa.Node.Tests.Journal;

/// <summary>That other nodes hear of writes; what they do then, and that nothing hangs on it, is in <c>tests/Cluster.Tests/Watches</c>.</summary>
public sealed class WriteNewsTests : TestKit
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly JournalSignal signal = new();
    private readonly IActorRef news;

    public WriteNewsTests()
        : base(ConfigurationFactory.ParseString("akka { actor.provider = cluster, remote.dot-netty.tcp { hostname = 127.0.0.1, port = 0 } }"))
    {
        var cluster = Akka.Cluster.Cluster.Get(Sys);
        news = Sys.ActorOf(Props.Create(() => new WriteNews(cluster, signal)), WriteNews.ActorName);
    }

    [Fact]
    public async Task Who_has_asked_is_told_of_writes_until_he_asks_no_more()
    {
        await SettledAsync();
        signal.Written();
        await ExpectNoMsgAsync(TimeSpan.FromMilliseconds(300));

        await AskAsync();
        Assert.True(signal.IsWatched);
        signal.Written();
        await ExpectMsgAsync<MemberSignal>(said => said.Kind == MemberSignalKind.KeysWritten, Patience);

        await Task.Delay(TimeSpan.FromSeconds(5.5));
        Assert.False(signal.IsWatched);
        signal.Written();
        await ExpectNoMsgAsync(TimeSpan.FromMilliseconds(300));
    }

    [Fact]
    public async Task Who_has_just_come_or_has_gone_does_not_take_silence_for_nobody()
    {
        Assert.True(signal.IsWatched);
        await AwaitConditionAsync(() => Task.FromResult(!signal.IsWatched), Patience);
        signal.IsWanted = true;
        Assert.True(signal.IsWatched);
        signal.IsWanted = false;
        await WatchAsync(news);
        Sys.Stop(news);
        await ExpectTerminatedAsync(news, Patience);
        Assert.True(signal.IsWatched);
    }

    [Fact]
    public async Task Many_writes_at_once_are_told_together_and_the_last_of_them_too()
    {
        await AskAsync();
        for (var i = 0; i < 1000; i++) signal.Written();
        await ExpectMsgAsync<MemberSignal>(Patience);

        var told = 1;
        while (await TryReceiveAsync()) told++;

        Assert.InRange(told, 1, 100);
        // Nothing is left over: the next write is news again.
        signal.Written();
        await ExpectMsgAsync<MemberSignal>(Patience);
    }

    [Fact]
    public async Task What_another_node_has_written_ends_the_wait_for_the_next_look_and_is_not_passed_on()
    {
        await AskAsync();
        signal.Reset();
        var next = signal.Next;

        news.Tell(new MemberSignal { Kind = MemberSignalKind.KeysWritten });

        await next.WaitAsync(Patience);
        await ExpectNoMsgAsync(TimeSpan.FromMilliseconds(300));
    }

    private async Task<bool> TryReceiveAsync() => await ReceiveOneAsync(TimeSpan.FromMilliseconds(300)) is not null;

    /// <summary>The actor takes one message after the other.</summary>
    private async Task AskAsync()
    {
        news.Tell(new MemberSignal { Kind = MemberSignalKind.Watches }, TestActor);
        await SettledAsync();
    }

    private async Task SettledAsync()
    {
        news.Tell(new Identify(null), TestActor);
        await ExpectMsgAsync<ActorIdentity>(Patience);
    }
}
