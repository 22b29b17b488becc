namespace AkkaHa.Chaos.Timing;

/// <summary>What to time.</summary>
/// <param name="Rounds">Of each fault; victims by turns.</param>
/// <param name="Rate">Calls a second.</param>
/// <param name="Faults">Their names; and <see cref="TimingRun.RollingRestart"/>.</param>
/// <param name="Check">Whether a missed goal is an error.</param>
/// <param name="Slack">How many times longer than its goal a thing may take: 1 on an idle machine.</param>
/// <param name="Keep">Keep the nodes' data and logs.</param>
sealed record TimingOptions(int Rounds, int Rate, IReadOnlyList<string> Faults, bool Check, int Slack, bool Keep);
