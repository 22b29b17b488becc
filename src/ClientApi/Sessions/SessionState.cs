using AkkaHa.Messages;
using Wire = AkkaHa.Messages.V1;

namespace AkkaHa.ClientApi;

/// <summary>A session as its server sees it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Ttl">Without a keepalive for this long it ends.</param>
/// <param name="Remaining">What was left of that.</param>
/// <param name="Label">Who it is, in its own words.</param>
/// <param name="Locks">Names of the locks that it holds or waits for, as far as they have told it (within seconds after a failover).</param>
public sealed record SessionState(SessionId Id, TimeSpan Ttl, TimeSpan Remaining, string Label, IReadOnlyList<string> Locks)
{
    internal static SessionState From(Wire.SessionState state) => new(
        SessionId.TryParse(state.SessionId, out var id) ? id : new SessionId(-1, state.SessionId),
        TimeSpan.FromSeconds(state.TtlSeconds), TimeSpan.FromSeconds(state.RemainingSeconds), state.Label, [.. state.Locks]);
}
