namespace AkkaHa.Simulation.Tests.Runs;

/// <summary>Many seeds, on all cores: each is a world of its own, on one thread.</summary>
static class Sweep
{
    /// <summary>Runs seeds until that many are red, and then makes those small. In the order of their seeds.</summary>
    public static IReadOnlyList<Failure> Run(ulong first, int count, Conditions conditions, int stopAt, Action<int, ulong?> progress)
    {
        var red = new SortedSet<ulong>();
        var done = 0;
        Each(first, count, seed =>
        {
            lock (red)
                if (red.Count >= stopAt) return false;
            var broken = Seeds.Run(seed, Plan.Draw(seed).With(conditions.Settings), conditions);
            lock (red)
            {
                if (broken is not null) red.Add(seed);
                progress(++done, broken is null ? null : seed);
            }
            return true;
        });
        return [.. red.Take(stopAt).Select(seed => Failure.Find(seed, conditions)!)];
    }

    /// <param name="first">The first seed.</param>
    /// <param name="count">How many.</param>
    /// <param name="run">Runs one; false: that is enough.</param>
    public static void Each(ulong first, int count, Func<ulong, bool> run)
    {
        var next = -1;
        void Work()
        {
            for (var i = Interlocked.Increment(ref next); i < count && i >= 0; i = Interlocked.Increment(ref next))
                if (!run(first + (ulong)i)) return;
        }
        var threads = Enumerable.Range(0, Environment.ProcessorCount).Select(_ => new Thread(Work, maxStackSize: 16 << 20) { IsBackground = true }).ToArray();
        foreach (var thread in threads) thread.Start();
        foreach (var thread in threads) thread.Join();
    }
}
