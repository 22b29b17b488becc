using AkkaHa.Compare.Sqlite;
using AkkaHa.Load;

namespace AkkaHa.Compare;

/// <summary>What a system is.</summary>
/// <param name="Version">Of its program.</param>
/// <param name="Promise">What an acknowledged write has survived.</param>
/// <param name="IdleCores">What it uses when nobody asks it anything, in cores.</param>
internal sealed record Presence(string Version, string Promise, double IdleCores);

/// <summary>What a run found.</summary>
internal sealed class Findings(CompareOptions options, IReadOnlyList<Cell> cells, IReadOnlyList<IReadOnlyList<string>> phases)
{
    public DateTimeOffset StartedAt { get; } = DateTimeOffset.UtcNow;

    public double LoadBefore { get; } = Machine.Load;

    public CompareOptions Options => options;

    public IReadOnlyList<Cell> Cells => cells;

    public Dictionary<string, Presence> Systems { get; } = [];

    public List<Sample> Samples { get; } = [];

    /// <summary>The journal on SQLite beside SQLite itself; empty: not measured.</summary>
    public IReadOnlyList<SqliteRound> Sqlite { get; set; } = [];

    /// <summary>The phase in which a system runs; the first, if there are several.</summary>
    public int PhaseOf(string system) => Enumerable.Range(0, phases.Count).First(p => phases[p].Contains(system));

    /// <summary>Every system, beside those that it ran beside: one that ran in several phases comes once for each.</summary>
    public IEnumerable<Row> Rows(Cell cell) => Enumerable.Range(0, phases.Count).SelectMany(p => phases[p].Select(s => Row(cell, s, p)).OfType<Row>());

    /// <summary>Of one phase alone: the machine may have been another, so to speak, in the next.</summary>
    public Row? Row(Cell cell, string system, int phase) =>
        Samples.Where(s => s.Cell == cell && s.System == system && s.Phase == phase).ToArray() is { Length: > 0 } some ? Compare.Row.Of(some) : null;

    /// <summary>A row's system, and beside whom it ran if that is not clear.</summary>
    public string LabelOf(Row row) => row.Phase == PhaseOf(row.System) ? row.System : $"{row.System}, beside {phases[row.Phase][0]}";
}
