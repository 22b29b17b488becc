using System.Globalization;
using System.Text;

namespace AkkaHa.ClientApi;

/// <summary>Who leads, in its own words.</summary>
/// <param name="Election">In which election.</param>
/// <param name="Fence">The number of its leadership, greater than that of every leadership before: a receiver of its orders can refuse those of earlier leaders by it.</param>
/// <param name="Value">What it proclaimed last.</param>
/// <param name="Revision">Of the key that the value is in: it grows with every proclamation.</param>
public sealed record Leader(string Election, Fence Fence, ReadOnlyMemory<byte> Value, Revision Revision)
{
    private const byte EndOfFence = (byte)'\n';

    /// <summary>The value as UTF-8 text.</summary>
    public string Text => Encoding.UTF8.GetString(Value.Span);

    /// <summary>As it is stored: the fence on a line of its own, then the value.</summary>
    internal static byte[] Encode(Fence fence, ReadOnlySpan<byte> value) => [.. Encoding.ASCII.GetBytes(fence.ToString()), EndOfFence, .. value];

    internal static Leader From(string election, ReadOnlyMemory<byte> stored, Revision revision)
    {
        var end = stored.Span.IndexOf(EndOfFence);
        if (end < 1 || !long.TryParse(stored.Span[..end], NumberStyles.None, CultureInfo.InvariantCulture, out var fence))
            throw new InvalidDataException($"the key of election '{election}' was written by something else than an election");
        return new Leader(election, new Fence(fence), stored[(end + 1)..], revision);
    }
}
