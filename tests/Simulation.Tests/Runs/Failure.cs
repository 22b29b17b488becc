using AkkaHa.Core.Entities;

namespace AkkaHa.Simulation.Tests.Runs;

/// <summary>A seed that broke a promise, made small, with the line that runs it again.</summary>
sealed record Failure(ulong Seed, string Shrunk, string Broken, RuleSwitches Rules)
{
    /// <summary>Runs one seed; null: it is green.</summary>
    public static Failure? Find(ulong seed, Conditions conditions)
    {
        if (Seeds.Run(seed, Plan.Draw(seed).With(conditions.Settings), conditions) is not { } broken) return null;
        var (shrunk, rest) = Shrinking.Shrink(seed, broken, conditions);
        return new Failure(seed, shrunk, rest, conditions.Rules);
    }

    public string Replay
    {
        get
        {
            var off = string.Concat(typeof(RuleSwitches).GetProperties().Where(p => p.PropertyType == typeof(bool) && !(bool)p.GetValue(Rules)!).Select(p => $"AKKAHA_OFF={p.Name} "));
            return $"{off}AKKAHA_SEED={Seed} AKKAHA_SHRUNK=\"{Shrunk}\" dotnet test tests/Simulation.Tests --filter {nameof(SimulationTests.Every_seed_keeps_all_promises)}";
        }
    }

    public override string ToString() => $"seed {Seed}: {Plan.Draw(Seed).With(Shrunk)}\n{Broken}\nreplay: {Replay}";
}
