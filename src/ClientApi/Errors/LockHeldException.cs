using System.Text.Json;
using AkkaHa.ClientApi.Errors;
using AkkaHa.Messages.V1;

namespace AkkaHa.ClientApi;

/// <summary>The lock was not to be had in time. Nothing is left of the attempt: its place in the queue is given back.</summary>
public sealed class LockHeldException : AkkaHaException
{
    internal LockHeldException(string message, JsonElement details = default, Exception? inner = null)
        : base(ErrorCode.LockHeld, message, details, inner)
    {
        Holders = [.. details.Items("holders").Select(LockHolder.From)];
        Waiters = (int)(details.Integer("waiters") ?? 0);
        Position = (int?)details.Integer("position");
    }

    /// <summary>Who held it at the time of the answer.</summary>
    public IReadOnlyList<LockHolder> Holders { get; }

    /// <summary>How many waited for it.</summary>
    public int Waiters { get; }

    /// <summary>The place of this attempt among them, 1 being the next; null when it did not wait.</summary>
    public int? Position { get; }
}
