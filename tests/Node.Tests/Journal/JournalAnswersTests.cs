using Akka.Actor;
using Akka.Persistence;
using AkkaHa.Messages.Storage;
using Npgsql;
using Xunit;
using Envelope = AkkaHa.Messages.Storage.Envelope;

namespace AkkaHa.Node.Tests.Journal;

/// <summary>Entities are told what came of their rows by whoever stores them, and not by way of Akka's journal: it must be what that would have said.</summary>
[Collection(nameof(JournalCollection))]
public sealed class JournalAnswersTests(JournalFixture fixture)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Theory]
    [InlineData("postgres", false)]
    [InlineData("postgres", true)]
    [InlineData("sqlite", false)]
    [InlineData("sqlite", true)]
    public async Task Rows_are_answered_for_in_their_order_with_what_is_deferred_among_them(string provider, bool thePluginsOwn)
    {
        var journal = await fixture.NewAsync(provider);
        using var system = journal.StartSystem(thePluginsOwn);
        var teller = system.ActorOf(Teller.Props("kv/a"));
        for (var i = 0; i < 3; i++)
            Assert.Equal(["first", "second", "deferred", "third"], await teller.Ask<string[]>("all", Patience));
        // What is only deferred comes to the journal by itself, while the row before it is on its way.
        var both = teller.Ask<string[]>("one", Patience);
        teller.Tell("defer more");
        Assert.Equal(["one", "deferred"], await both);
        Assert.Equal(["10"], await journal.ReadAsync("SELECT count(*) FROM journal"));
        await system.Terminate();
    }

    [Theory]
    [MemberData(nameof(JournalFixture.Providers), MemberType = typeof(JournalFixture))]
    public async Task What_has_no_row_is_answered_after_the_rows_before_it(string provider)
    {
        var journal = await fixture.NewAsync(provider);
        using var system = journal.StartSystem();
        using var inbox = Inbox.Create(system);
        var sink = Persistence.Instance.Apply(system).JournalFor(null);
        await using var held = await journal.HoldAsync();
        sink.Tell(new WriteMessages([new AtomicWrite(new Persistent(Teller.Row("first"), 1, "kv/a"))], inbox.Receiver, 1));
        sink.Tell(new WriteMessages([new Deferred()], inbox.Receiver, 1));
        await Task.Delay(500);
        await held.LetGoAsync();
        var heard = new List<Type>();
        while (heard.Count < 4) heard.Add((await inbox.ReceiveAsync(Patience)).GetType());
        Assert.Equal([typeof(WriteMessagesSuccessful), typeof(WriteMessageSuccess), typeof(WriteMessagesSuccessful), typeof(LoopMessageSuccess)], heard);
        await system.Terminate();
    }

    /// <summary>The plugin calls it rejected, and its entity could go on with a gap behind it; ours stop then, too (<c>RuleSwitches.RejectedPersistStops</c>).</summary>
    [Theory]
    [MemberData(nameof(JournalFixture.Providers), MemberType = typeof(JournalFixture))]
    public async Task A_row_that_cant_be_put_into_bytes_fails_alone(string provider)
    {
        var journal = await fixture.NewAsync(provider);
        using var system = journal.StartSystem();
        var (broken, other) = (system.ActorOf(Teller.Props("kv/broken")), system.ActorOf(Teller.Props("kv/other")));
        var stopped = broken.WatchAsync();
        var (failed, stored) = (broken.Ask<string[]>("break", Patience), other.Ask<string[]>("all", Patience));
        Assert.Equal(["failed"], await failed);
        await stopped.WaitAsync(Patience);
        Assert.Equal(4, (await stored).Length);
        Assert.Equal(["kv/other"], await journal.ReadAsync("SELECT DISTINCT persistence_id FROM journal"));
        await system.Terminate();
    }

    /// <summary>It may be in doubt, as any that was on its way; but what has not begun must not be done long after its caller was given up.</summary>
    [Theory]
    [MemberData(nameof(JournalFixture.Providers), MemberType = typeof(JournalFixture))]
    public async Task What_has_waited_too_long_behind_a_database_that_stands_still_is_not_written(string provider)
    {
        var journal = await fixture.NewAsync(provider);
        using var system = journal.StartSystem(callTimeout: "4s");
        var (first, second, later) = (system.ActorOf(Teller.Props("kv/first")), system.ActorOf(Teller.Props("kv/second")), system.ActorOf(Teller.Props("kv/later")));
        foreach (var one in (IActorRef[])[first, second, later]) await one.Ask<string[]>("defer", Patience);
        await using var held = await journal.HoldAsync();
        var underWay = first.Ask<string[]>("all", Patience);
        await Task.Delay(300);
        var waiting = second.Ask<string[]>("all", Patience);
        await Task.Delay(4500);
        var young = later.Ask<string[]>("all", Patience);
        await Task.Delay(300);
        await held.LetGoAsync();
        Assert.Equal(4, (await underWay).Length);
        Assert.Equal(["failed"], await waiting);
        Assert.Equal(4, (await young).Length);
        Assert.Equal(["kv/first", "kv/later"], await journal.ReadAsync("SELECT DISTINCT persistence_id FROM journal ORDER BY 1"));
        await system.Terminate();
    }

    /// <summary>Does as it is told, and says what it heard, in order.</summary>
    private sealed class Teller(string id) : UntypedPersistentActor
    {
        private readonly List<string> heard = [];
        private IActorRef caller = ActorRefs.Nobody;

        public override string PersistenceId => id;

        public static Props Props(string id) => Akka.Actor.Props.Create(() => new Teller(id));

        protected override void OnRecover(object message)
        {
        }

        protected override void OnCommand(object message)
        {
            if (message is not "defer more") caller = Sender;
            switch (message)
            {
                case "all":
                    PersistAllAsync([Row("first"), Row("second")], row => Hear(row.RequestId, 4));
                    DeferAsync("deferred", what => Hear(what, 4));
                    PersistAsync(Row("third"), row => Hear(row.RequestId, 4));
                    break;
                case "one":
                    PersistAsync(Row("one"), row => Hear(row.RequestId, 2));
                    break;
                case "defer more":
                    DeferAsync("deferred", what => Hear(what, 2));
                    break;
                case "defer":
                    DeferAsync("deferred", what => Hear(what, 1));
                    break;
                case "break":
                    PersistAsync(new Circle(), _ => Hear("stored", 1));
                    break;
                default:
                    Unhandled(message);
                    break;
            }
        }

        protected override void OnPersistFailure(Exception cause, object @event, long sequenceNr)
        {
            heard.Clear();
            Hear("failed", 1);
        }

        private void Hear(string what, int all)
        {
            heard.Add(what);
            if (heard.Count < all) return;
            // Rows, and what is deferred, are heard of under the sender of what they came of.
            (all == 4 ? Sender : caller).Tell(heard.ToArray());
            heard.Clear();
        }

        public static Envelope Row(string name) => new() { Schema = 1, Epoch = 1, RequestId = name };
    }

    /// <summary>Not to be stored.</summary>
    private sealed class Deferred : IPersistentEnvelope
    {
        public object Payload => "deferred";

        public IActorRef Sender => ActorRefs.Nobody;

        public int Size => 1;
    }

    /// <summary>No serializer can write it.</summary>
    private sealed class Circle
    {
        public Circle Me => throw new NotSupportedException("not to be written");
    }
}
