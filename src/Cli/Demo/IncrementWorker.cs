using AkkaHa.ClientApi;

namespace AkkaHa.Cli.Demo;

/// <summary>
/// Takes the lock, reads the counter, writes it back one higher with the lock's fence as guard, gives the lock back; again and again. Without a
/// working lock, or without the guard, two such workers would overwrite each other, and the count would fall behind.
/// </summary>
sealed class IncrementWorker(AkkaHaClient client, CounterHistory history, WorkerKind kind, Lane lane)
{
    /// <summary>Works until it is told to stop, which it does between two increments.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await using var held = await client.Locks.AcquireAsync(DemoNames.Lock, cancellationToken: stop);
                history.Granted(held.Fence);
                var next = await NextAsync(client, history, held);
                if (await WriteAsync(client, history, held, next) is not { } refusal) lane.Succeeded();
                else kind.Refused(refusal);
            }
            catch (AkkaHaException e) when (WorkerKind.IsPartOfLife(e))
            {
                kind.Refused(e);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
        }
    }

    /// <summary>Reads the counter: what to write next under this grant.</summary>
    public static async Task<CounterValue> NextAsync(AkkaHaClient client, CounterHistory history, AcquiredLock held)
    {
        if (await client.Keys.GetAsync(DemoNames.Counter) is not { } entry) return new CounterValue(1, held.Fence);
        var now = CounterValue.Parse(entry.Text);
        history.Read(entry.Revision, now);
        return new CounterValue(now.Count + 1, held.Fence);
    }

    /// <summary>Writes the counter under the guard and records what became of it; null when it was acknowledged.</summary>
    public static async Task<AkkaHaException?> WriteAsync(AkkaHaClient client, CounterHistory history, AcquiredLock held, CounterValue next)
    {
        try
        {
            var revision = await client.Keys.PutAsync(DemoNames.Counter, next.ToString(), guard: held);
            history.Wrote(revision, next);
            return null;
        }
        catch (OutcomeUnknownException e)
        {
            history.WriteUnknown();
            return e;
        }
        catch (FenceStaleException e)
        {
            history.WriteRefused();
            return e;
        }
        catch (AkkaHaException e) when (WorkerKind.IsPartOfLife(e))
        {
            return e;
        }
    }
}
