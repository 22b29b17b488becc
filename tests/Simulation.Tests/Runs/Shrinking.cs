using System.Globalization;
using AkkaHa.Simulation.Tests.World;

namespace AkkaHa.Simulation.Tests.Runs;

/// <summary>
/// Makes a red run smaller while it stays red: one kind of fault after the other is left out, then there are fewer clients, steps, nodes and shards. What is
/// left is what it takes. It need not be the same promise that breaks in the end.
/// </summary>
static class Shrinking
{
    /// <summary>Of the processor: how busy the machine is makes no difference to what comes out.</summary>
    private static readonly TimeSpan AtMost = TimeSpan.FromSeconds(20);

    /// <summary>With something left out, the rest takes another course: it may take some tries until that is red too.</summary>
    private const int Tries = 8;

    public static (string Settings, string Broken) Shrink(ulong seed, string broken, Conditions conditions)
    {
        var started = Environment.CpuUsage.TotalTime;
        var plan = Plan.Draw(seed);
        var settings = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var setting in conditions.Settings.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            settings[setting.Split('=')[0]] = setting.Split('=')[1];
        bool progress;
        do
        {
            progress = false;
            foreach (var (name, value) in Candidates(plan.With(Text(settings))))
            {
                for (var luck = 0; luck < Tries; luck++)
                {
                    if (Environment.CpuUsage.TotalTime - started > AtMost) return (Text(settings), broken);
                    var smaller = new Dictionary<string, string>(settings, StringComparer.Ordinal) { [name] = value };
                    if (luck > 0) smaller[nameof(Plan.Luck)] = $"{luck}";
                    if (Seeds.Run(seed, plan.With(Text(smaller)), conditions) is not { } still) continue;
                    (settings, broken, progress) = (smaller, still, true);
                    break;
                }
            }
        }
        while (progress);
        return (Text(settings), broken);
    }

    private static string Text(Dictionary<string, string> settings) => string.Join(',', settings.Select(s => $"{s.Key}={s.Value}"));

    private static IEnumerable<(string Name, string Value)> Candidates(Plan plan)
    {
        foreach (var property in typeof(Faults).GetProperties().Where(p => p.SetMethod is not null))
        {
            var (now, none) = (Convert.ToString(property.GetValue(plan.Storm), CultureInfo.InvariantCulture)!, Convert.ToString(property.GetValue(Faults.None), CultureInfo.InvariantCulture)!);
            if (now != none) yield return (property.Name, none);
        }
        string[] workloads = [nameof(Plan.Registers), nameof(Plan.Accounts), nameof(Plan.Locks), nameof(Plan.Lists), nameof(Plan.Expiring)];
        foreach (var workload in workloads)
            if (Value(workload) > 0) yield return (workload, "0");
        foreach (var (size, least) in ((string, int)[])[(nameof(Plan.Clients), 1), (nameof(Plan.Steps), 1), (nameof(Plan.Nodes), 1), (nameof(Plan.Shards), 1)])
        {
            if (Value(size) / 2 > least) yield return (size, $"{Value(size) / 2}");
            if (Value(size) > least) yield return (size, $"{Value(size) - 1}");
        }

        int Value(string name) => (int)typeof(Plan).GetProperty(name)!.GetValue(plan)!;
    }
}
