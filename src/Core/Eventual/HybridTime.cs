namespace AkkaHa.Core.Eventual;

/// <summary>
/// Hybrid logical time: milliseconds of a wall clock and, where that is not ahead of all that was seen, a counter. A write is later than every write that its node had seen, whatever
/// the clocks say. (Kulkarni and others, Logical physical clocks, 2014.)
/// </summary>
public readonly record struct HybridTime(long Value) : IComparable<HybridTime>
{
    private const int CounterBits = 16;

    /// <summary>Its milliseconds.</summary>
    public long WallMs => Value >> CounterBits;

    /// <summary>Of a clock's time alone.</summary>
    public static HybridTime At(long wallMs) => new(wallMs << CounterBits);

    /// <summary>The time of a write now, after having seen this.</summary>
    public static HybridTime After(HybridTime seen, long nowMs) => At(nowMs) is var now && now.Value > seen.Value ? now : new HybridTime(seen.Value + 1);

    /// <inheritdoc />
    public int CompareTo(HybridTime other) => Value.CompareTo(other.Value);
}
