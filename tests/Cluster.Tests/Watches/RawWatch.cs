using System.Globalization;
using AkkaHa.Messages.V1;

namespace AkkaHa.Cluster.Tests.Watches;

/// <summary>A change that a watch was told.</summary>
internal readonly record struct SeenChange(int Key, long Revision);

/// <summary>One watch of a prefix below which keys are numbers, and all that it was told. Written by the reader of its connection alone.</summary>
internal sealed class RawWatch(int number, string prefix)
{
    private const int PrefixBytes = 5;

    private byte[] rest = [];
    private (long, long) lastRow;
    private bool begun;

    public int Number => number;

    public string Prefix => prefix;

    /// <summary>Of the last thing that it was told; empty: nothing yet.</summary>
    public string Position { get; private set; } = "";

    public List<SeenChange> Seen { get; } = [];

    /// <summary>What is wrong with what it was told; null: nothing.</summary>
    public string? Fault { get; private set; }

    /// <summary>Hears of each event and heartbeat.</summary>
    public Action<RawWatch, WatchEvent>? Told { get; init; }

    /// <summary>Bytes of its stream, as they come: messages of gRPC, each with a flag and its length before it.</summary>
    public void Take(ReadOnlySpan<byte> bytes)
    {
        if (rest.Length > 0) bytes = (byte[])[.. rest, .. bytes];
        while (bytes.Length >= PrefixBytes)
        {
            var length = System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(bytes[1..]);
            if (bytes.Length < PrefixBytes + length) break;
            Take(WatchEvent.Parser.ParseFrom(bytes.Slice(PrefixBytes, length)));
            bytes = bytes[(PrefixBytes + length)..];
        }
        rest = bytes.Length == 0 ? [] : bytes.ToArray();
    }

    /// <summary>True the first time.</summary>
    public bool MarkBegun() => !begun && (begun = true);

    /// <summary>It goes on in another stream.</summary>
    public void Restart() => rest = [];

    private void Take(WatchEvent e)
    {
        // A number on SQLite, the transaction and a number on PostgreSQL; each of these rows has one change.
        var numbers = e.Position.Split('-');
        var row = (long.Parse(numbers[0], CultureInfo.InvariantCulture), numbers.Length > 1 ? long.Parse(numbers[1], CultureInfo.InvariantCulture) : 0);
        if (row.CompareTo(lastRow) is var order && (e.HasKey ? order <= 0 : order < 0)) Fault ??= $"watch {number}: position {row} came after {lastRow}";
        (lastRow, Position) = (row, e.Position);
        if (e.HasKey)
        {
            if (!e.Key.StartsWith(prefix, StringComparison.Ordinal)) Fault ??= $"watch {number} of {prefix} was told of {e.Key}";
            else Seen.Add(new SeenChange(int.Parse(e.Key.AsSpan(prefix.Length), CultureInfo.InvariantCulture), e.Revision));
        }
        Told?.Invoke(this, e);
    }
}
