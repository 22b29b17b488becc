using AkkaHa.ClientApi;

namespace AkkaHa.Cli.Demo;

/// <summary>What became of the write that came too late.</summary>
/// <param name="OldFence">The fence it was sent with.</param>
/// <param name="NewerWrites">How many writes under later grants there were before it.</param>
/// <param name="Refusal">The answer; null: it was written.</param>
sealed record LateWrite(long OldFence, int NewerWrites, AkkaHaException? Refusal);

/// <summary>
/// The reason why locks have fences: a worker takes the lock, reads the counter, and stands still. Its session runs out, the lock passes on, others
/// count on. Then it wakes, believes that it still holds the lock, and writes what it had in mind.
/// </summary>
/// <remarks>Source: "How to do distributed locking", Martin Kleppmann, 2016.</remarks>
sealed class PausedWorker(string endpoints, CounterHistory history)
{
    // The shortest that the service takes, so that nobody waits long here.
    static readonly TimeSpan Ttl = TimeSpan.FromSeconds(2);

    const int Tries = 5;

    /// <summary>So many others must have written meanwhile.</summary>
    public const int OthersFirst = 5;

    /// <summary>Plays it through, telling each step.</summary>
    /// <param name="tell">Gets each step in words.</param>
    /// <param name="until">Waits for a condition.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<LateWrite> RunAsync(Action<string> tell, Func<Func<bool>, string, Task> until, CancellationToken cancel)
    {
        var time = new PausableTime();
        await using var client = AkkaHaClient.Connect(endpoints, new AkkaHaClientOptions { SessionTtl = Ttl, Label = "paused worker", TimeProvider = time, CloseTimeout = TimeSpan.FromSeconds(1) });
        await using var held = await client.Locks.AcquireAsync(DemoNames.Lock, cancellationToken: cancel);
        history.Granted(held.Fence);
        var intended = await IncrementWorker.NextAsync(client, history, held);
        time.Pause();
        tell($"One more worker takes the lock, gets fence {held.Fence}, reads {intended.Count - 1:N0}, and stands still as in a long pause:");
        tell($"nothing leaves it, so its session (time to live {Ttl.TotalSeconds:0} s) runs out.");
        await until(() => history.VersionsAfter(held.Fence) >= OthersFirst, "the lock of a worker that stands still passes on to others");
        var newer = history.VersionsAfter(held.Fence);
        tell($"The lock has passed on, and others have written {newer} times. Now it wakes and writes {intended.Count:N0} with its old fence.");
        // Awake means that timers fire again; but the write is what it was about to do, so that comes first.
        var write = IncrementWorker.WriteAsync(client, history, held, intended);
        time.Resume();
        var answer = await write;
        // Anything but yes or stale (a busy node, say) decides nothing, and a worker that knows no better tries on.
        for (var tries = 1; answer is not (null or FenceStaleException) && tries < Tries; tries++)
            answer = await IncrementWorker.WriteAsync(client, history, held, intended);
        var late = new LateWrite(held.Fence, newer, answer);
        tell(late.Refusal is { } refusal ? $"The paused worker's late write was refused. {refusal.Message}" : "The paused worker's late write LANDED: it may have overwritten what the others counted.");
        return late;
    }
}
