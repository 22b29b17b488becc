using AkkaHa.Judge.Lists;

namespace AkkaHa.Judge.Registers;

/// <summary>One transaction over registers. Every value is written at most once in a whole history.</summary>
public sealed record RegisterTransaction(string Id, ListEnd End, long InvokedAt, long CompletedAt, IReadOnlyList<RegisterStep> Steps);

/// <summary>One step of it.</summary>
/// <param name="Key">The register.</param>
/// <param name="Write">What is written; null: it reads.</param>
/// <param name="Seen">What a read saw; null: no such key, or not known.</param>
/// <param name="Revision">
/// After a write, or of what was read: one more with each transaction that writes the key, so that it gives the order of versions. 0: nobody has written it yet; null: not
/// known, as where a key was read that may have been deleted.
/// </param>
public sealed record RegisterStep(string Key, string? Write, string? Seen, long? Revision);
