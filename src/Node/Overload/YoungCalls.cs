namespace AkkaHa.Node.Overload;

/// <summary>
/// Calls of the last second or two that are not answered; or commands that wait for their turn, or entities that read their history, and have not for longer. Who waits longer waits for others, as for a lock, and costs nothing but
/// memory; so thousands of waiters do not count as load.
/// </summary>
internal sealed class YoungCalls
{
    private volatile Generation current = new();
    private volatile Generation before = new();

    public int Count => current.Open + before.Open;

    /// <summary>A call begins; to be ended by <see cref="Generation.Leave"/>.</summary>
    public Generation Enter()
    {
        var generation = current;
        generation.Enter();
        return generation;
    }

    /// <summary>A second has passed: what began before the last one is not young any more.</summary>
    public void GrowOlder() => (before, current) = (current, new Generation());

    /// <summary>Calls that began in the same second.</summary>
    internal sealed class Generation : IDisposable
    {
        private int open;

        public int Open => Volatile.Read(ref open);

        public void Enter() => Interlocked.Increment(ref open);

        public void Leave() => Interlocked.Decrement(ref open);

        void IDisposable.Dispose() => Leave();
    }
}
