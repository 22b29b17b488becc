
namespace AkkaHa.Load;

/// <summary>What was seen of one kill.</summary>
/// <param name="Side">Of whom.</param>
/// <param name="Number">From 0; sides alternate.</param>
/// <param name="Turn">Why this process.</param>
/// <param name="Victim">Which process.</param>
/// <param name="Calm">Hot keys, before the kill: what the load alone does.</param>
/// <param name="VictimHot">Hot keys of the victim.</param>
/// <param name="VictimAll">One key in each shard of the victim.</param>
/// <param name="OthersHot">Hot keys of the other nodes.</param>
/// <param name="OthersAll">One key in each shard of the other nodes.</param>
/// <param name="BackHot">All hot keys, while the process comes back.</param>
/// <param name="BackTook">From its start until all was as before; null: not under this load.</param>
/// <param name="SenderLate">How far the sender was behind its plan at worst; part of every figure.</param>
/// <param name="Outstanding">How many calls were without an answer at worst.</param>
/// <param name="MachineLoad">Processes that wanted a processor in the minute before, 1 for each; far above the number of processors, the machine had other things to do.</param>
/// <param name="Rate">Calls a second that were sent.</param>
public sealed record Round(
    string Side, int Number, string Turn, string Victim, Gap Calm, Gap VictimHot, Gap VictimAll, Gap OthersHot, Gap OthersAll, Gap BackHot, TimeSpan? BackTook, TimeSpan SenderLate, int Outstanding, double MachineLoad, double Rate);
