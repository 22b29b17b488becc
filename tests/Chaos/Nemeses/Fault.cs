using AkkaHa.Chaos.Histories;
using AkkaHa.Chaos.Nodes;

namespace AkkaHa.Chaos.Nemeses;

/// <summary>A fault that is under way.</summary>
sealed record Fault(Nemesis Nemesis, IReadOnlyList<ChaosNode> Victims, int HotOwned, long Start)
{
    /// <summary>As it is written down once it is healed.</summary>
    public FaultDone Done(long end, string detail) => new(Nemesis.Name, Start, end, [.. Victims.Select(v => v.Name)], HotOwned, detail);
}
