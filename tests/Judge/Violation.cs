namespace AkkaHa.Judge;

/// <summary>A promise that a history breaks.</summary>
/// <param name="Promise">Which one, in a few words.</param>
/// <param name="Evidence">The part of the history that shows it.</param>
public sealed record Violation(string Promise, string Evidence)
{
    /// <summary>What <c>test.sh</c> knows a judge's verdict by: a test that failed with one is never run again.</summary>
    public const string Mark = "VIOLATION";

    /// <inheritdoc />
    public override string ToString() => $"{Mark} of '{Promise}': {Evidence}";
}
