namespace AkkaHa.Compare;

/// <summary>What to do.</summary>
/// <param name="Systems">Names of those to compare.</param>
/// <param name="Workloads">Names of what they do; null: all that belong to a run.</param>
/// <param name="Clients">How many clients; null: as a run of this kind has it.</param>
/// <param name="Pairs">How often each is measured, by turns.</param>
/// <param name="WarmRound">Each workload is tried for so long, again and again until it is no faster, before anything is measured.</param>
/// <param name="WarmUp">Before each measurement.</param>
/// <param name="Time">Of each measurement.</param>
/// <param name="Quick">Fewer cells.</param>
/// <param name="Json">A file for the rows.</param>
/// <param name="Results">A file for people; null: none.</param>
/// <param name="Scheduling">How the processes share the processors.</param>
internal sealed record CompareOptions(
    IReadOnlyList<string> Systems, IReadOnlyList<string>? Workloads, IReadOnlyList<int>? Clients, int Pairs, TimeSpan WarmRound, TimeSpan WarmUp, TimeSpan Time, bool Quick, string? Json, string? Results, string Scheduling);
