namespace AkkaHa.Overload;

/// <summary>What to do.</summary>
/// <param name="Phase">How long each phase is.</param>
/// <param name="Rate">What the cluster can do, calls a second; null: measured.</param>
/// <param name="Times">How many times as much the second phase asks.</param>
/// <param name="Provider">The database.</param>
/// <param name="Repeat">Through the client, which repeats; else each call is one attempt.</param>
/// <param name="SkipOff">Without the run in which nothing is refused.</param>
/// <param name="Json">A file for the figures.</param>
/// <param name="Set">Settings of the nodes.</param>
/// <param name="KeepLogs">Whether what the nodes wrote stays there.</param>
internal sealed record OverloadOptions(TimeSpan Phase, int? Rate, double Times, string Provider, bool Repeat, bool SkipOff, string? Json, IReadOnlyList<string> Set, bool KeepLogs);
