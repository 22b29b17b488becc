namespace AkkaHa.Judge;

/// <summary>A promise that a history breaks.</summary>
/// <param name="Promise">Which one, in a few words.</param>
/// <param name="Evidence">The part of the history that shows it.</param>
public sealed record Violation(string Promise, string Evidence)
{
    /// <inheritdoc />
    public override string ToString() => $"{Promise}: {Evidence}";
}
