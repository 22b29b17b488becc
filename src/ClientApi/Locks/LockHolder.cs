using System.Text.Json;
using AkkaHa.ClientApi.Errors;
using Wire = AkkaHa.Messages.V1;

namespace AkkaHa.ClientApi;

/// <summary>Who holds a lock.</summary>
/// <param name="SessionId">The session it hangs on.</param>
/// <param name="HolderId">Which holder in that session.</param>
/// <param name="Label">Who that is, in its own words.</param>
/// <param name="Mode">How it is held.</param>
/// <param name="Fence">The number of the grant.</param>
/// <param name="Held">For how long.</param>
public sealed record LockHolder(string SessionId, string HolderId, string Label, LockMode Mode, Fence Fence, TimeSpan Held)
{
    internal static LockHolder From(Wire.LockHolder holder) => new(
        holder.SessionId, holder.HolderId, holder.Label, (LockMode)holder.Mode, new Fence(holder.Fence), TimeSpan.FromSeconds(holder.HeldSeconds));

    internal static LockHolder From(JsonElement details) => new(
        details.Text("sessionId") ?? "",
        details.Text("holderId") ?? "",
        details.Text("label") ?? "",
        Enum.TryParse<LockMode>(details.Text("mode"), ignoreCase: true, out var mode) ? mode : LockMode.Exclusive,
        new Fence(details.Integer("fence") ?? 0),
        TimeSpan.FromSeconds(details.Number("heldSeconds") ?? 0));
}
