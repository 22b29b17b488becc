namespace AkkaHa.Judge;

/// <summary>Points in time of a history, in any unit that all its clients share.</summary>
public static class Time
{
    /// <summary>The end of what was never answered: it may take effect at any time, or not at all.</summary>
    public const long Never = long.MaxValue;
}
