using System.Buffers.Binary;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using AkkaHa.Messages.Storage;
using AkkaHa.Messages.V1;
using AkkaHa.Node.Journal;
using Google.Protobuf;

namespace AkkaHa.Node.Watches;

/// <summary>A change of a key, or a heartbeat, as all who watch share it: made once, however many they are.</summary>
internal sealed class WatchItem
{
    private const int Overhead = 256;
    private byte[]? json;
    private byte[]? frame;

    private WatchItem(WatchPosition position, WatchEvent message)
    {
        Position = position;
        Message = message;
        Bytes = message.CalculateSize() + Overhead;
    }

    public WatchPosition Position { get; }

    public WatchEvent Message { get; }

    /// <summary>Empty: a heartbeat.</summary>
    public string Key => Message.Key;

    public bool IsHeartbeat => !Message.HasKey;

    /// <summary>About what it takes in memory.</summary>
    public int Bytes { get; }

    /// <summary>As clients see it.</summary>
    public static string NameOf(KeyEventType type) => type switch
    {
        KeyEventType.Put => "put",
        KeyEventType.Delete => "delete",
        KeyEventType.Expire => "expire",
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "no such event"),
    };

    /// <summary>For HTTP, on one line.</summary>
    public byte[] Json => json ??= Write(Message);

    /// <summary>For gRPC: the message, not compressed, and its length before it.</summary>
    public byte[] Frame => frame ??= Framed(Message);

    public static WatchItem Heartbeat(WatchPosition position, bool postgres) => new(position, new WatchEvent { Position = position.Text(postgres) });

    public static WatchItem Of(WatchPosition position, string key, KeyWritten write, bool postgres)
    {
        var message = new WatchEvent
        {
            Position = position.Text(postgres), Key = key, Revision = write.Revision,
            Type = write.Present ? KeyEventType.Put : write.Expired ? KeyEventType.Expire : KeyEventType.Delete,
        };
        if (write.Present) message.Value = write.Value;
        return new WatchItem(position, message);
    }

    private static byte[] Framed(WatchEvent message)
    {
        const int Prefix = 5;
        var size = message.CalculateSize();
        var bytes = new byte[Prefix + size];
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(1), size);
        message.WriteTo(bytes.AsSpan(Prefix));
        return bytes;
    }

    private static byte[] Write(WatchEvent message)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            writer.WriteStartObject();
            writer.WriteString("position", message.Position);
            if (message.HasKey)
            {
                writer.WriteString("type", NameOf(message.Type));
                writer.WriteString("key", message.Key);
                if (message.HasValue) writer.WriteBase64String("value", message.Value.Span);
                writer.WriteString("revision", message.Revision.ToString(CultureInfo.InvariantCulture));
            }
            writer.WriteEndObject();
        }
        return buffer.ToArray();
    }
}
