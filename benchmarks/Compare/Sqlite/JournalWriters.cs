using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Configuration;
using Akka.Persistence;
using AkkaHa.Node.Entities;
using AkkaHa.Node.Settings;
using AkkaHa.Node.Storage;
using Envelope = AkkaHa.Messages.Storage.Envelope;

namespace AkkaHa.Compare.Sqlite;

/// <summary>A node's journal on SQLite with nothing of the node around it: entities that each store an event, and when it is durable the next.</summary>
internal sealed class JournalWriters : IAsyncDisposable
{
    private readonly ActorSystem system;
    private readonly IActorRef[] writers;
    private readonly Counter counter = new();

    private JournalWriters(ActorSystem system, int entities)
    {
        this.system = system;
        writers = [.. Enumerable.Range(0, entities).Select(i => system.ActorOf(Props.Create(() => new Writer($"kv/{i}", counter))))];
    }

    public static async Task<JournalWriters> StartAsync(string directory, int entities)
    {
        var settings = new NodeSettings { DataDirectory = directory };
        var database = new Database(settings);
        await new Schema(database, settings).EnsureAsync(CancellationToken.None);
        var config = ConfigurationFactory.ParseString($$"""
            akka.loglevel = WARNING
            akka.actor.serializers.akkaha = "{{typeof(EntitySerializer).FullName}}, {{typeof(EntitySerializer).Assembly.GetName().Name}}"
            akka.actor.serialization-bindings."{{typeof(Envelope).FullName}}, {{typeof(Envelope).Assembly.GetName().Name}}" = akkaha
            """).WithFallback(JournalSetup.Config(database, settings));
        return new JournalWriters(ActorSystem.Create("journal", ActorSystemSetup.Create(BootstrapSetup.Create().WithConfig(config), JournalSetup.Connection(database))), entities);
    }

    /// <returns>Events made durable in a second.</returns>
    public async Task<double> PerSecondAsync(TimeSpan time, CancellationToken ct)
    {
        foreach (var writer in writers) writer.Tell(true);
        var (from, before) = (TimeProvider.System.GetTimestamp(), counter.Done);
        await Task.Delay(time, ct);
        var perSecond = (counter.Done - before) / TimeProvider.System.GetElapsedTime(from).TotalSeconds;
        await Task.WhenAll(writers.Select(w => w.Ask<bool>(false, ct)));
        return perSecond;
    }

    public async ValueTask DisposeAsync() => await system.Terminate();

    private sealed class Counter
    {
        private long done;

        public long Done => Interlocked.Read(ref done);

        public void Add() => Interlocked.Increment(ref done);
    }

    /// <summary>Told true, it begins; told false, it ends, and says so.</summary>
    private sealed class Writer(string id, Counter counter) : UntypedPersistentActor
    {
        private bool goesOn;

        public override string PersistenceId => id;

        protected override void OnRecover(object message)
        {
        }

        protected override void OnCommand(object message)
        {
            switch (message)
            {
                case true:
                    goesOn = true;
                    Store();
                    break;
                case false:
                    goesOn = false;
                    Sender.Tell(true);
                    break;
                case "next":
                    if (goesOn) Store();
                    break;
                default:
                    Unhandled(message);
                    break;
            }
        }

        private void Store() => Persist(OneEvent.Envelope, _ =>
        {
            counter.Add();
            // As with entities: each event is of a message of its own.
            Self.Tell("next");
        });
    }
}
