using AkkaHa.Judge;

namespace AkkaHa.Simulation.Tests.CrashPoints;

/// <summary>Tries all that can befall a transaction, one thing or two, and adds up what came of it.</summary>
sealed class CrashSearch
{
    private const int ShownAtMost = 5;

    private readonly Lock gate = new();
    private readonly List<string> red = [];

    public int Spots { get; private set; }

    /// <summary>What happens when nobody is struck.</summary>
    public HashSet<string> CalmSpots { get; } = [];

    public int Runs { get; private set; }

    public int RedCount { get; private set; }

    public long QuietAfterMs { get; private set; }

    public long LongestWaitMs { get; private set; }

    public string Slowest { get; private set; } = "";

    public IReadOnlyList<string> Red => red;

    /// <summary>Every spot, every way.</summary>
    /// <param name="settings">Each is searched.</param>
    /// <param name="ways">What may befall somebody at a spot.</param>
    public void Singles(IEnumerable<Setting> settings, Func<Spot, Way[]> ways) => Parallel.ForEach(settings.SelectMany(s => All(s, ways)), one => Take(one.Setting, [one.Strike]));

    /// <summary>Every spot, every way, and after it every spot, every way.</summary>
    /// <param name="settings">Each is searched.</param>
    /// <param name="first">What may befall somebody first.</param>
    /// <param name="second">And then.</param>
    public void Pairs(IEnumerable<Setting> settings, Func<Spot, Way[]> first, Func<Spot, Way[]> second) =>
        Parallel.ForEach(settings.SelectMany(s => All(s, first)), one =>
        {
            var after = Take(one.Setting, [one.Strike]);
            for (var spot = one.Strike.Spot + 1; spot < after.Spots.Count; spot++)
                foreach (var way in second(after.Spots[spot])) Take(one.Setting, [one.Strike, new Strike(spot, way)]);
        });

    private IEnumerable<(Setting Setting, Strike Strike)> All(Setting setting, Func<Spot, Way[]> ways)
    {
        var calm = Take(setting, []);
        lock (gate)
        {
            Spots += calm.Spots.Count;
            CalmSpots.UnionWith(calm.Spots.Select(s => s.ToString()));
        }
        return calm.Spots.SelectMany((spot, i) => ways(spot).Select(way => (setting, new Strike(i, way))));
    }

    private CrashResult Take(Setting setting, IReadOnlyList<Strike> strikes)
    {
        var result = new CrashRun(setting).Run(strikes);
        lock (gate)
        {
            Runs++;
            LongestWaitMs = Math.Max(LongestWaitMs, result.LongestWaitMs);
            if (result.QuietAfterMs > QuietAfterMs) (QuietAfterMs, Slowest) = (result.QuietAfterMs, Describe(setting, strikes, result));
            if (result.Violations.Count > 0 && RedCount++ < ShownAtMost) red.Add($"{Describe(setting, strikes, result)}\n  {string.Join("\n  ", result.Violations.Take(3))}");
        }
        return result;
    }

    private static string Describe(Setting setting, IReadOnlyList<Strike> strikes, CrashResult result) =>
        $"{setting}: {string.Join("; then ", strikes.Select(s => $"{s.Way} at {result.Spots[s.Spot]} (spot {s.Spot})"))}";

    public override string ToString() => $"{Spots} points in calm runs, {Runs} runs; quiet at most {QuietAfterMs} ms after the last strike, longest wait of a bystander {LongestWaitMs} ms ({Slowest})";
}
