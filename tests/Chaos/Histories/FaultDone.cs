namespace AkkaHa.Chaos.Histories;

/// <summary>A fault as it happened. Times as in <see cref="Operation"/>.</summary>
/// <param name="Nemesis">Its kind.</param>
/// <param name="Start">When it began.</param>
/// <param name="End">When it was healed: the process goes on or was started again, the link passes again.</param>
/// <param name="Victims">The nodes that it hit, or the ends of the links; none for the database, which hits all.</param>
/// <param name="HotOwned">How many entities that were in use within the last seconds the victims owned, as the ring told last.</param>
/// <param name="Detail">For people.</param>
sealed record FaultDone(string Nemesis, long Start, long End, IReadOnlyList<string> Victims, int HotOwned, string Detail);
