using System.Text.Json;
using AkkaHa.Messages.V1;

namespace AkkaHa.ClientApi;

/// <summary>The eventual write is stored and will spread, but had not reached as many nodes as asked in time; of a read: fewer nodes than asked have answered.</summary>
public sealed class PartialException : AkkaHaException
{
    internal PartialException(string message, JsonElement details = default, Exception? inner = null)
        : base(ErrorCode.Partial, message, details, inner)
    {
    }

    /// <summary>Of a write: with this in <see cref="EventualOptions.RequestId"/> the same call can be made again, and counts once. Null of a read.</summary>
    public string? RequestId { get; internal set; }
}
