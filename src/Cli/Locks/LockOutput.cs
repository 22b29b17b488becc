using System.Globalization;
using AkkaHa.Cli.CommandLine;
using AkkaHa.ClientApi;

namespace AkkaHa.Cli.Locks;

/// <summary>Locks in the shapes of the HTTP API, and as people read them.</summary>
static class LockOutput
{
    public static object Of(LockState state) => new
    {
        name = state.Name,
        lastFence = state.LastFence.ToString(),
        holders = state.Holders.Select(h => new
        {
            sessionId = h.SessionId, holderId = h.HolderId, label = h.Label, mode = Mode(h.Mode), fence = h.Fence.ToString(), heldSeconds = Json.Seconds(h.Held),
        }),
        waiters = state.Waiters.Select(w => new
        {
            sessionId = w.SessionId, holderId = w.HolderId, label = w.Label, mode = Mode(w.Mode), position = w.Position, waitingSeconds = Json.Seconds(w.Waiting),
        }),
    };

    public static object Of(AcquiredLock held) => new
    {
        name = held.Name, fence = held.Fence.ToString(), mode = Mode(held.Mode), sessionId = held.SessionId.Text, holderId = held.HolderId,
    };

    public static IEnumerable<string[]> Rows(LockState state) =>
    [
        .. state.Holders.Select(h => (string[])["holds", h.Label, Mode(h.Mode), h.Fence.ToString(), Seconds(h.Held), h.SessionId]),
        .. state.Waiters.Select(w => (string[])[string.Create(CultureInfo.InvariantCulture, $"waits, {w.Position}."), w.Label, Mode(w.Mode), "-", Seconds(w.Waiting), w.SessionId]),
    ];

    /// <summary>One line for a lock among others.</summary>
    public static string[] Row(LockState state) =>
    [
        state.Name,
        state.Holders.Count == 0 ? "-" : Mode(state.Holders[0].Mode),
        state.Holders.Count.ToString(CultureInfo.InvariantCulture),
        state.Waiters.Count.ToString(CultureInfo.InvariantCulture),
        state.LastFence.ToString(),
        state.Holders.Count == 0 ? "-" : string.Join(", ", state.Holders.Select(h => h.Label.Length > 0 ? h.Label : h.SessionId).Distinct()),
    ];

    public static string Mode(LockMode mode) => mode.ToString().ToLowerInvariant();

    public static string Seconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.0} s");
}
