namespace AkkaHa.Chaos.Proxies;

/// <summary>
/// One direction between two ends, over all connections between them. Held, it keeps back what is sent, the end of a connection included, as a
/// partition does: nothing is closed, nobody is told. Faults may overlap: it opens again when the last hold is given up.
/// </summary>
sealed class Direction(int seed)
{
    private readonly Lock gate = new();
    private readonly Random random = new(seed);
    private readonly List<Impairment> impairments = [];
    private int holds;
    private TaskCompletionSource opened = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public bool IsHeld
    {
        get
        {
            lock (gate) return holds > 0;
        }
    }

    /// <summary>Holds everything back until disposed.</summary>
    public IDisposable Hold()
    {
        lock (gate)
        {
            if (holds++ == 0) opened = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
        return new Fault(() =>
        {
            lock (gate)
            {
                if (--holds == 0) opened.TrySetResult();
            }
        });
    }

    /// <summary>A bad line until disposed.</summary>
    public IDisposable Impair(Impairment impairment)
    {
        lock (gate) impairments.Add(impairment);
        return new Fault(() =>
        {
            lock (gate) impairments.Remove(impairment);
        });
    }

    /// <summary>Waits until nothing is held.</summary>
    public async ValueTask PassAsync(CancellationToken ct)
    {
        while (true)
        {
            Task open;
            lock (gate)
            {
                if (holds == 0) return;
                open = opened.Task;
            }
            await open.WaitAsync(ct);
        }
    }

    /// <summary>Carries one piece: at once, or late, but not while anything is held. False: the connection breaks here.</summary>
    public async ValueTask<bool> CarryAsync(CancellationToken ct)
    {
        await PassAsync(ct);
        var (delay, breaks) = Draw();
        if (breaks) return false;
        if (delay == TimeSpan.Zero) return true;
        await Task.Delay(delay, ct);
        await PassAsync(ct);
        return true;
    }

    private (TimeSpan Delay, bool Breaks) Draw()
    {
        lock (gate)
        {
            var delayMs = 0;
            foreach (var impairment in impairments)
            {
                if (random.NextDouble() < impairment.Reset) return (TimeSpan.Zero, true);
                delayMs += impairment.LatencyMs + random.Next(impairment.JitterMs + 1);
                if (random.NextDouble() < impairment.Loss) delayMs += random.Next(impairment.RetransmissionMs / 4, impairment.RetransmissionMs + 1);
            }
            return (TimeSpan.FromMilliseconds(delayMs), false);
        }
    }

    private sealed class Fault(Action heal) : IDisposable
    {
        private int healed;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref healed, 1) == 0) heal();
        }
    }
}
