using System.Text;
using AkkaHa.Messages.Storage;
using AkkaHa.Messages.V1;
using AkkaHa.Node.Journal;
using Google.Protobuf;

namespace AkkaHa.Node.Keys;

/// <summary>A change of a key, or a heartbeat, as all who watch share it: made once, however many they are.</summary>
internal sealed class WatchItem
{
    private const int Overhead = 256;
    private byte[]? json;

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

    /// <summary>For HTTP, on one line.</summary>
    public byte[] Json => json ??= Encoding.UTF8.GetBytes(JsonFormatter.Default.Format(Message).ReplaceLineEndings(" "));

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
}
