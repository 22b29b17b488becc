namespace AkkaHa.Failover;

/// <summary>What to do.</summary>
/// <param name="Kills">Of each side.</param>
/// <param name="Provider">AkkaHa's database.</param>
/// <param name="SkipEtcd">AkkaHa alone.</param>
/// <param name="Rate">Calls a second; null: half of what AkkaHa is measured to bear.</param>
/// <param name="Json">A file for the figures.</param>
/// <param name="Check">Whether a missed goal is an error.</param>
/// <param name="KeepLogs">Whether what the nodes wrote stays there.</param>
internal sealed record FailoverOptions(int Kills, string Provider, bool SkipEtcd, int? Rate, string? Json, bool Check, bool KeepLogs);
