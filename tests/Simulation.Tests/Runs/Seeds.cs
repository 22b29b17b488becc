using System.Globalization;
using AkkaHa.Core.Entities;
using AkkaHa.Simulation.Tests.World;

namespace AkkaHa.Simulation.Tests.Runs;

/// <summary>Which seeds to run, and what to print about one that fails.</summary>
static class Seeds
{
    public static ulong? One => ulong.TryParse(Environment.GetEnvironmentVariable("AKKAHA_SEED"), CultureInfo.InvariantCulture, out var seed) ? seed : null;

    public static int Count => int.TryParse(Environment.GetEnvironmentVariable("AKKAHA_SEEDS"), CultureInfo.InvariantCulture, out var count) ? count : 400;

    public static ulong First => ulong.TryParse(Environment.GetEnvironmentVariable("AKKAHA_FIRST_SEED"), CultureInfo.InvariantCulture, out var first) ? first : 1;

    /// <summary>AKKAHA_OFF switches a rule off by its name.</summary>
    public static RuleSwitches Rules
    {
        get
        {
            if (Environment.GetEnvironmentVariable("AKKAHA_OFF") is not { Length: > 0 } name) return RuleSwitches.AllOn;
            var rules = RuleSwitches.AllOn with { };
            (typeof(RuleSwitches).GetProperty(name) ?? throw new ArgumentException($"there is no rule '{name}'")).SetValue(rules, false);
            return rules;
        }
    }

    /// <summary>Null: the seed is green.</summary>
    public static string? Run(ulong seed, RuleSwitches? rules = null, bool tracing = false, Func<Faults, Faults>? stress = null)
    {
        var simulation = new Simulation(seed, rules, tracing, stress);
        var violations = simulation.Run();
        if (tracing) File.WriteAllLines(Path.Combine(Path.GetTempPath(), $"akkaha-{seed}.trace"), simulation.World.TraceLines);
        if (violations.Count == 0) return null;
        return $"{simulation}\n{string.Join('\n', violations.Take(5))}\nreplay: AKKAHA_SEED={seed} dotnet test tests/Simulation.Tests --filter {nameof(SimulationTests)}";
    }
}
