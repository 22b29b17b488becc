namespace AkkaHa.Core.Ownership;

/// <summary>One node incarnation's row.</summary>
/// <param name="Node">Address and incarnation.</param>
/// <param name="Counter">Raised by every renewal.</param>
/// <param name="Fenced">It can renew no more.</param>
public readonly record struct NodeRow(string Node, long Counter, bool Fenced);
