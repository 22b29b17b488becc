using AkkaHa.Messages.Storage;
using Google.Protobuf;

namespace AkkaHa.Compare.Sqlite;

/// <summary>What is stored again and again: what a key stores for a put of 64 bytes, without what it remembers of the request.</summary>
internal static class OneEvent
{
    public static Envelope Envelope { get; } = new()
    {
        Schema = 1, Epoch = 1, TimeMs = 1_800_000_000_000, Events = { new Event { KeyWritten = new KeyWritten { Present = true, Value = ByteString.CopyFrom(new byte[64]), Revision = 1_000_000 } } },
    };

    public static byte[] Bytes { get; } = Envelope.ToByteArray();
}
