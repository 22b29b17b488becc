namespace AkkaHa.Cli.Demo;

/// <summary>
/// The system's clock, but while it is paused no timer fires; afterwards those that are due do. That is what a process sees that stood still
/// (a long garbage collection, a suspended machine): time has passed, and nothing was done in it.
/// </summary>
sealed class PausableTime : TimeProvider
{
    readonly Lock gate = new();
    readonly List<Action> held = [];
    bool paused;

    /// <summary>No timer fires from now on.</summary>
    public void Pause()
    {
        lock (gate) paused = true;
    }

    /// <summary>What was due meanwhile fires now.</summary>
    public void Resume()
    {
        Action[] due;
        lock (gate)
        {
            paused = false;
            due = [.. held];
            held.Clear();
        }
        foreach (var fire in due) ThreadPool.QueueUserWorkItem(_ => fire());
    }

    /// <inheritdoc />
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        base.CreateTimer(s => Fire(() => callback(s)), state, dueTime, period);

    void Fire(Action fire)
    {
        lock (gate)
        {
            if (paused)
            {
                held.Add(fire);
                return;
            }
        }
        fire();
    }
}
