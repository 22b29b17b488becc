using Akka.Actor;

namespace AkkaHa.Node.Membership;

/// <summary>Whether the actor system works: an actor of it is asked for a sign of life again and again. What waits for a database, or leaves, is alive.</summary>
internal sealed class Pulse(Func<Task<bool>> answersAsync, TimeSpan every) : BackgroundService
{
    /// <summary>Misses are counted, not seconds: a process that was stopped for an hour misses one.</summary>
    private const int MissesAtMost = 3;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private int misses;

    public Pulse(NodeLifecycle lifecycle)
        : this(() => AnswersAsync(lifecycle), TimeSpan.FromSeconds(2))
    {
    }

    /// <summary>False: three times in a row, no answer came within ten seconds.</summary>
    public bool Beats => Volatile.Read(ref misses) < MissesAtMost;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            Volatile.Write(ref misses, await answersAsync() ? 0 : misses + 1);
            await Task.Delay(every, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static async Task<bool> AnswersAsync(NodeLifecycle lifecycle)
    {
        if (lifecycle.Running is not { } node) return true;
        try
        {
            await node.System.ActorSelection($"/user/{MembershipSignals.ActorName}").ResolveOne(Patience);
            return true;
        }
        catch (Exception)
        {
            // Whatever it is, it is no sign of life; but who is not there because the incarnation ends is not missed.
            return node.Parts.Leaving || lifecycle.Running != node;
        }
    }
}
