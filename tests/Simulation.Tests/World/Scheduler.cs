namespace AkkaHa.Simulation.Tests.World;

/// <summary>The only clock and the only thread there is: what is due first runs first, what is due together in the order of asking.</summary>
sealed class Scheduler : SynchronizationContext
{
    /// <summary>Children of one place in the heap: flat enough that most of a path is in one line of the cache.</summary>
    private const int Arity = 4;

    private Due[] heap = new Due[256];
    private int count;
    private long order;

    private record struct Due(long At, long Order, Process? On, Action Action)
    {
        public readonly bool IsBefore(in Due other) => At != other.At ? At < other.At : Order < other.Order;
    }

    /// <summary>Milliseconds since the world began.</summary>
    public long Now { get; private set; }

    public void At(long at, Action action) => Add(new Due(Math.Max(at, Now), order++, null, action));

    public void After(long ms, Action action) => At(Now + ms, action);

    /// <summary>Something that a process does: not while it is paused, and never once it has crashed.</summary>
    public void After(Process on, long ms, Action action) => Add(new Due(Now + ms, order++, on, action));

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
            while (!stop() && count > 0 && heap[0].At <= until)
            {
                var next = Take();
                Now = next.At;
                if (next.On is { } process) process.Run(next.Action);
                else next.Action();
            }
            if (!stop()) Now = Math.Max(Now, until);
        }
        finally
        {
            SetSynchronizationContext(outer);
        }
    }

    private void Add(Due due)
    {
        if (count == heap.Length) Array.Resize(ref heap, 2 * count);
        var place = count++;
        while (place > 0)
        {
            var parent = (place - 1) / Arity;
            if (!due.IsBefore(heap[parent])) break;
            heap[place] = heap[parent];
            place = parent;
        }
        heap[place] = due;
    }

    private Due Take()
    {
        var top = heap[0];
        var last = heap[--count];
        heap[count] = default;
        var place = 0;
        while (true)
        {
            var least = (Arity * place) + 1;
            if (least >= count) break;
            for (var other = least + 1; other < count && other <= (Arity * place) + Arity; other++)
                if (heap[other].IsBefore(heap[least])) least = other;
            if (!heap[least].IsBefore(last)) break;
            heap[place] = heap[least];
            place = least;
        }
        if (count > 0) heap[place] = last;
        return top;
    }
}
