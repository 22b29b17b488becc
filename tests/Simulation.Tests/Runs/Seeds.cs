using System.Globalization;
using AkkaHa.Core.Entities;
using AkkaHa.Simulation.Tests.World;

namespace AkkaHa.Simulation.Tests.Runs;

/// <summary>Which seeds to run, and what to print about one that fails.</summary>
static class Seeds
{
    public static ulong? One => ulong.TryParse(Setting("AKKAHA_SEED"), CultureInfo.InvariantCulture, out var seed) ? seed : null;

    public static int Count => int.TryParse(Setting("AKKAHA_SEEDS"), CultureInfo.InvariantCulture, out var count) ? count : 400;

    public static ulong First => ulong.TryParse(Setting("AKKAHA_FIRST_SEED"), CultureInfo.InvariantCulture, out var first) ? first : 1;

    /// <summary>AKKAHA_SHRUNK sets what a run has otherwise than its plan, as Name=Value,Name=Value: what was left of a red one when it was made small, say.</summary>
    public static string Shrunk => Setting("AKKAHA_SHRUNK") ?? "";

    /// <summary>AKKAHA_OFF switches a rule off by its name.</summary>
    public static RuleSwitches Rules
    {
        get
        {
            if (Setting("AKKAHA_OFF") is not { Length: > 0 } name) return RuleSwitches.AllOn;
            var rules = RuleSwitches.AllOn with { };
            (typeof(RuleSwitches).GetProperty(name) ?? throw new ArgumentException($"there is no rule '{name}'")).SetValue(rules, false);
            return rules;
        }
    }

    /// <summary>Null: the seed is green.</summary>
    public static string? Run(ulong seed, Plan plan, Conditions conditions)
    {
        var simulation = new Simulation(seed, plan, conditions);
        var violations = simulation.Run();
        if (conditions.IsTracing) File.WriteAllLines(TraceOf(seed), simulation.World.TraceLines);
        return violations.Count == 0 ? null : string.Join('\n', violations.Take(5));
    }

    public static string TraceOf(ulong seed) => Path.Combine(Path.GetTempPath(), $"akkaha-{seed}.trace");

    private static string? Setting(string name) => Environment.GetEnvironmentVariable(name);
}
