using System.Buffers.Binary;

namespace AkkaHa.Messages.Eventual;

/// <summary>
/// What a client has written of one datum: per bucket and replica the number of the last change. A node that has these has all that the client wrote. Users take it as opaque text.
/// </summary>
public sealed class EventualToken
{
    private const int EachBytes = 2 + 8 + 8;

    /// <summary>So many parts, each with a few replicas; older ones are dropped beyond it.</summary>
    private const int MostChanges = 128;

    /// <summary>Nothing written.</summary>
    public static readonly EventualToken Empty = new([]);

    private EventualToken(IReadOnlyList<(int Bucket, ulong Replica, long Sequence)> changes) => Changes = changes;

    /// <summary>The last change of each replica in each bucket.</summary>
    public IReadOnlyList<(int Bucket, ulong Replica, long Sequence)> Changes { get; }

    /// <summary>Of these changes.</summary>
    public static EventualToken Of(IEnumerable<(int Bucket, ulong Replica, long Sequence)> changes) =>
        new([.. changes.GroupBy(c => (c.Bucket, c.Replica)).Select(g => g.MaxBy(c => c.Sequence)).TakeLast(MostChanges)]);

    /// <summary>False: it is no token.</summary>
    public static bool TryParse(string text, out EventualToken token)
    {
        token = Empty;
        if (text.Length == 0) return true;
        var bytes = new byte[text.Length];
        if (text.Length > MostChanges * 2 * EachBytes || !Convert.TryFromBase64String(text, bytes, out var length) || length % EachBytes != 0) return false;
        var changes = new List<(int, ulong, long)>();
        for (var rest = bytes.AsSpan(0, length); rest.Length > 0; rest = rest[EachBytes..])
            changes.Add((BinaryPrimitives.ReadUInt16LittleEndian(rest), BinaryPrimitives.ReadUInt64LittleEndian(rest[2..]), BinaryPrimitives.ReadInt64LittleEndian(rest[10..])));
        token = Of(changes);
        return true;
    }

    /// <summary>What either stands for.</summary>
    public EventualToken And(EventualToken other) => Changes.Count == 0 ? other : Of(Changes.Concat(other.Changes));

    /// <inheritdoc />
    public override string ToString()
    {
        var bytes = new byte[Changes.Count * EachBytes];
        var rest = bytes.AsSpan();
        foreach (var (bucket, replica, sequence) in Changes)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(rest, (ushort)bucket);
            BinaryPrimitives.WriteUInt64LittleEndian(rest[2..], replica);
            BinaryPrimitives.WriteInt64LittleEndian(rest[10..], sequence);
            rest = rest[EachBytes..];
        }
        return Convert.ToBase64String(bytes);
    }
}
