namespace AkkaHa.Simulation.Tests.World;

/// <summary>SplitMix64 (Steele, Lea and Flood, 2014): the same numbers from the same seed in every process and version.</summary>
sealed class Rng(ulong seed)
{
    private ulong state = seed;

    public ulong Next()
    {
        var z = state += 0x9E3779B97F4A7C15UL;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
        return z ^ (z >> 31);
    }

    public Rng Fork() => new(Next());

    public int Below(int limit) => (int)(Next() % (ulong)limit);

    public long Between(long least, long most) => least + (long)(Next() % (ulong)(most - least + 1));

    public bool Chance(double probability) => (Next() >> 11) * (1.0 / (1UL << 53)) < probability;

    public T Pick<T>(IReadOnlyList<T> all) => all[Below(all.Count)];

    /// <summary>A uuid of version 7 for this Unix time.</summary>
    public Guid Uuid7(long unixMs)
    {
        Span<byte> bytes = stackalloc byte[16];
        for (var i = 0; i < 6; i++) bytes[i] = (byte)(unixMs >> (8 * (5 - i)));
        var (high, low) = (Next(), Next());
        for (var i = 6; i < 16; i++) bytes[i] = (byte)((i < 8 ? high : low) >> (8 * (i % 8)));
        bytes[6] = (byte)((bytes[6] & 0x0F) | 0x70);
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
        return new Guid(bytes, bigEndian: true);
    }
}
