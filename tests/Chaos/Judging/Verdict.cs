using AkkaHa.Chaos.Figures;
using AkkaHa.Chaos.Histories;
using AkkaHa.Judge;
using AkkaHa.Judge.Locks;

namespace AkkaHa.Chaos.Judging;

/// <summary>Judges a saved run, and leaves figures and violations beside it.</summary>
static class Verdict
{
    public static RunFigures Of(HistoryFiles files)
    {
        var facts = files.Read<RunFacts>(files.Facts);
        Operation[] operations = [.. files.ReadOperations()];
        FaultDone[] faults = [.. files.ReadFaults()];
        Violation[] violations = [.. HistoryJudge.Judge(facts, operations), .. QueueJudge.Judge(files.ReadQueues())];
        var figures = Count.Of(facts, operations, faults, violations);
        files.Write(files.Figures, figures);
        File.WriteAllLines(files.Violations, violations.Select(v => v.ToString()));
        return figures;
    }
}
