namespace AkkaHa.Core.Ownership;

/// <summary>One node incarnation's row.</summary>
/// <param name="Node">Address and incarnation.</param>
/// <param name="Counter">Raised by every renewal.</param>
/// <param name="Fenced">It can renew no more.</param>
/// <param name="LeaseMs">How long its lease is: what others must wait for is what it was started with, not what they were.</param>
public readonly record struct NodeRow(string Node, long Counter, bool Fenced, long LeaseMs = LeaseTimings.DefaultLeaseMs);
