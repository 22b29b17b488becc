using System.Text.Json;
using AkkaHa.Messages.V1;

namespace AkkaHa.ClientApi;

/// <summary>
/// The position is older than what the cluster keeps, so events may be missing. Begin anew: <see cref="KeyClient.GetPositionAsync"/>, then read the state
/// with <see cref="KeyClient.ListAsync"/>, then watch from that position.
/// </summary>
public sealed class CompactedException : AkkaHaException
{
    internal CompactedException(string message, JsonElement details = default, Exception? inner = null)
        : base(ErrorCode.Compacted, message, details, inner)
    {
    }
}
