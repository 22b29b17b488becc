namespace AkkaHa.Node.Ownership;

/// <summary>What came of taking shards.</summary>
/// <param name="Taken">Their new epochs.</param>
/// <param name="Held">Who has the others.</param>
internal sealed record TakeResult(IReadOnlyDictionary<int, long> Taken, IReadOnlyDictionary<int, string> Held);
