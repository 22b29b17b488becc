namespace AkkaHa.Simulation.Tests.World;

/// <summary>The only clock and the only thread there is: what is due first runs first, what is due together in the order of asking.</summary>
sealed class Scheduler : SynchronizationContext
{
    private readonly PriorityQueue<Action, (long At, long Order)> due = new();
    private long order;

    /// <summary>Milliseconds since the world began.</summary>
    public long Now { get; private set; }

    public long Steps { get; private set; }

    public void At(long at, Action action) => due.Enqueue(action, (Math.Max(at, Now), order++));

    public void After(long ms, Action action) => At(Now + ms, action);

    /// <summary>For clients written with await: they go on in their place in the queue, never on another thread.</summary>
    public Task Delay(long ms)
    {
        var source = new TaskCompletionSource();
        After(ms, source.SetResult);
        return source.Task;
    }

    public override void Post(SendOrPostCallback d, object? state) => At(Now, () => d(state));

    public override void Send(SendOrPostCallback d, object? state) => d(state);

    /// <summary>Runs what is due up to this time, or until it is told to stop.</summary>
    public void RunUntil(long until, Func<bool> stop)
    {
        var outer = Current;
        SetSynchronizationContext(this);
        try
        {
            while (!stop() && due.TryPeek(out _, out var next) && next.At <= until)
            {
                Now = next.At;
                Steps++;
                due.Dequeue()();
            }
            if (!stop()) Now = Math.Max(Now, until);
        }
        finally
        {
            SetSynchronizationContext(outer);
        }
    }
}
