namespace AkkaHa.Growth;

/// <summary>How a run measures.</summary>
/// <param name="Sizes">Of what grows, the smallest first.</param>
/// <param name="WarmUp">Before each measurement.</param>
/// <param name="Time">Of each measurement.</param>
/// <param name="Json">A file for the figures; null: none.</param>
/// <param name="Pictures">A directory for the pictures; null: none.</param>
internal sealed record Plan(IReadOnlyList<int> Sizes, TimeSpan WarmUp, TimeSpan Time, string? Json, string? Pictures);
