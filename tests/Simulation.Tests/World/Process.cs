namespace AkkaHa.Simulation.Tests.World;

/// <summary>
/// One operating system's process: it can crash, and it can be paused between any two steps, as by SIGSTOP. Its clocks go on meanwhile, and then it
/// goes on exactly where it was, with what it knew.
/// </summary>
sealed class Process(SimulatedWorld world, int slot)
{
    private readonly Queue<Action> backlog = new();

    public SimulatedWorld World => world;

    /// <summary>Its place in the cluster. A process that crashed is followed by another in the same place.</summary>
    public int Slot => slot;

    public NodeClock Clock { get; } = new(world.Scheduler, world.Rng, world.Faults);

    public bool IsUp { get; private set; } = true;

    public bool IsPaused { get; private set; }

    /// <summary>Packets to and from the database get lost.</summary>
    public bool IsCutFromDatabase { get; set; }

    public void After(long ms, Action action) => world.Scheduler.After(this, ms, action);

    public void Run(Action action)
    {
        if (!IsUp) return;
        if (IsPaused) backlog.Enqueue(action);
        else action();
    }

    /// <summary>Between two steps of one turn: usually nothing comes between; sometimes the process is paused just there, or this one thread of it is not run for a while.</summary>
    public void Step(string where, Action next)
    {
        var faults = world.Faults;
        if (faults.PauseAtStep > 0 && world.Rng.Chance(faults.PauseAtStep))
        {
            world.Count($"paused {where}");
            backlog.Enqueue(next);
            Pause(world.Rng.Between(10, faults.PauseMs));
        }
        else if (faults.ThreadStalls > 0 && world.Rng.Chance(faults.ThreadStalls))
        {
            world.Count($"stalled {where}");
            After(world.Rng.Between(1, faults.PauseMs), next);
        }
        else next();
    }

    public void Pause(long ms)
    {
        if (IsPaused || !IsUp) return;
        world.Trace($"process {slot} is paused for {ms} ms");
        IsPaused = true;
        world.Scheduler.After(ms, Resume);
    }

    public void Crash()
    {
        IsUp = false;
        backlog.Clear();
    }

    private void Resume()
    {
        if (!IsPaused || !IsUp) return;
        world.Trace($"process {slot} goes on");
        IsPaused = false;
        // Threads: what was interrupted need not be what goes on first.
        if (backlog.Count > 1 && world.Rng.Chance(0.5)) backlog.Enqueue(backlog.Dequeue());
        while (!IsPaused && IsUp && backlog.TryDequeue(out var next)) next();
    }
}
