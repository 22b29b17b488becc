using Akka.Actor;
using Akka.Persistence;
using Envelope = AkkaHa.Messages.Storage.Envelope;

namespace AkkaHa.Node.Storage;

/// <summary>
/// Reads and writes the journal and the snapshots once, under a name that no entity has, before this node gets any shard: what is done for the first time is slow (queries and code are compiled,
/// connections opened), and clients would wait for it. Leaves one row for each address.
/// </summary>
internal static class WarmUp
{
    private static readonly TimeSpan AtMost = TimeSpan.FromSeconds(5);

    /// <summary>Done when that is so, or could not be: then the clients wait after all.</summary>
    public static async Task RunAsync(ActorSystem system, string address, ILogger log)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var id = "warm-up/" + address;
        var actor = system.ActorOf(Props.Create(() => new Toucher(id, done)), "warm-up");
        try
        {
            await done.Task.WaitAsync(AtMost);
        }
        catch (TimeoutException)
        {
            log.LogInformation("The journal was not warmed up within {Seconds} s", AtMost.TotalSeconds);
            system.Stop(actor);
        }
    }

    private sealed class Toucher(string id, TaskCompletionSource done) : UntypedPersistentActor
    {
        public override string PersistenceId { get; } = id;

        protected override void OnRecover(object message)
        {
            if (message is RecoveryCompleted) Self.Tell(Write.Instance);
        }

        protected override void OnCommand(object message)
        {
            switch (message)
            {
                case Write:
                    Persist(new Envelope(), _ => DeleteMessages(LastSequenceNr - 1));
                    break;
                case DeleteMessagesSuccess or DeleteMessagesFailure:
                    Context.Stop(Self);
                    break;
                default:
                    Unhandled(message);
                    break;
            }
        }

        protected override void PostStop() => done.TrySetResult();

        private sealed class Write
        {
            public static readonly Write Instance = new();
        }
    }
}
