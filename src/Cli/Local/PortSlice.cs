namespace AkkaHa.Cli.Local;

/// <summary>
/// This process's own part of the ports below those that outgoing connections take theirs from: of two that run at the same time, as tests do, neither is given a port that the other uses now and then, as that of a server
/// that is down for a while. Claimed by a lock on a file for as long as the process lives; where all are claimed, it is one at random.
/// </summary>
static class PortSlice
{
    const int First = 10_000;
    const int Slices = 10;
    const int Each = 2_200;

    static readonly (FileStream? Claim, int From) Mine = Take();

    static int last = Random.Shared.Next(Each);

    /// <summary>Each is given out once, until all were.</summary>
    public static int Next() => Mine.From + (int)((uint)Interlocked.Increment(ref last) % Each);

    static (FileStream? Claim, int From) Take()
    {
        var slices = Enumerable.Range(0, Slices).ToArray();
        Random.Shared.Shuffle(slices);
        foreach (var slice in slices)
        {
            try
            {
                var file = Path.Combine(Path.GetTempPath(), $"akkaha-ports-{First + (slice * Each)}");
                return (new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None), First + (slice * Each));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Somebody else's.
            }
        }
        return (null, First + (slices[0] * Each));
    }
}
