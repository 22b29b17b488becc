namespace AkkaHa.Compare;

/// <summary>What a system is.</summary>
/// <param name="Version">Of its program.</param>
/// <param name="Promise">What an acknowledged write has survived.</param>
/// <param name="IdleCores">What it uses when nobody asks it anything, in cores.</param>
internal sealed record Presence(string Version, string Promise, double IdleCores);

/// <summary>What a run found.</summary>
internal sealed class Findings(CompareOptions options, IReadOnlyList<Cell> cells)
{
    public DateTimeOffset StartedAt { get; } = DateTimeOffset.UtcNow;

    public double LoadBefore { get; } = Machine.Load;

    public CompareOptions Options => options;

    public IReadOnlyList<Cell> Cells => cells;

    public Dictionary<string, Presence> Systems { get; } = [];

    public List<Sample> Samples { get; } = [];

    public IEnumerable<Row> Rows() => cells.SelectMany(c => Systems.Keys.Select(s => Row(c, s)).OfType<Row>());

    public Row? Row(Cell cell, string system) => Samples.Where(s => s.Cell == cell && s.System == system).ToArray() is { Length: > 0 } some ? Compare.Row.Of(some) : null;
}
