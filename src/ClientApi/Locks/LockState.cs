using Wire = AkkaHa.Messages.V1;

namespace AkkaHa.ClientApi;

/// <summary>A lock at some moment between the call and its answer.</summary>
/// <param name="Name">Its name.</param>
/// <param name="LastFence">The number of the latest grant; 0 when it was never held.</param>
/// <param name="Holders">Who holds it.</param>
/// <param name="Waiters">Who waits for it, the next first.</param>
public sealed record LockState(string Name, Fence LastFence, IReadOnlyList<LockHolder> Holders, IReadOnlyList<LockWaiter> Waiters)
{
    internal static LockState From(Wire.LockState state) => new(
        state.Name, new Fence(state.LastFence), [.. state.Holders.Select(LockHolder.From)], [.. state.Waiters.Select(LockWaiter.From)]);
}

/// <summary>Who waits for a lock.</summary>
/// <param name="SessionId">The session it would hang on.</param>
/// <param name="HolderId">Which holder in that session.</param>
/// <param name="Label">Who that is, in its own words.</param>
/// <param name="Mode">How it would be held.</param>
/// <param name="Position">1 is the next.</param>
/// <param name="Waiting">For how long.</param>
public sealed record LockWaiter(string SessionId, string HolderId, string Label, LockMode Mode, int Position, TimeSpan Waiting)
{
    internal static LockWaiter From(Wire.LockWaiter waiter) => new(
        waiter.SessionId, waiter.HolderId, waiter.Label, (LockMode)waiter.Mode, waiter.Position, TimeSpan.FromSeconds(waiter.WaitingSeconds));
}
