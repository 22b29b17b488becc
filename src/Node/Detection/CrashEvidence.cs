using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Akka.Actor;
using Akka.Event;

namespace AkkaHa.Node.Detection;

/// <summary>
/// The addresses whose ports refuse connections, of one actor system: found by its downing, read by its failure detectors, which Akka makes by their class name and hands nothing but the event stream.
/// </summary>
internal sealed class CrashEvidence
{
    private static readonly ConditionalWeakTable<EventStream, CrashEvidence> BySystem = [];

    private readonly ConcurrentDictionary<string, bool> crashed = new(StringComparer.Ordinal);

    public static CrashEvidence Of(EventStream events) => BySystem.GetValue(events, _ => new CrashEvidence());

    /// <summary>Nobody listens there.</summary>
    public void Add(Address address) => crashed[address.ToString()] = true;

    /// <summary>Somebody does, or it is a member no more.</summary>
    public void Remove(Address address) => crashed.TryRemove(address.ToString(), out _);

    public bool Has(string address) => crashed.ContainsKey(address);

    /// <inheritdoc cref="Has(string)"/>
    public bool Has(Address address) => Has(address.ToString());
}
