using Akka.Configuration;
using Akka.Dispatch;

namespace AkkaHa.Node.Membership;

/// <summary>
/// Runs mailboxes by the threads of .NET's pool, in the order in which they got something to do. Akka's own gives them to the queue of the thread that is at work, which takes its newest first: under load, what is older then waits for as
/// long as there is newer (docs/overload.md). Of dispatchers that name it: Akka's own parts, remoting and persistence among them, have the other.
/// </summary>
public sealed class CommonQueue(Config config, IDispatcherPrerequisites prerequisites) : ExecutorServiceConfigurator(config, prerequisites)
{
    /// <inheritdoc/>
    public override ExecutorService Produce(string id) => new Executor(id);

    private sealed class Executor(string id) : ExecutorService(id)
    {
        public override void Execute(IRunnable run) => ThreadPool.UnsafeQueueUserWorkItem(run, preferLocal: false);

        public override void Shutdown()
        {
            // The pool belongs to the process.
        }
    }
}
