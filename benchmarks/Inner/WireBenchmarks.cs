using AkkaHa.Core.Entities;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.Storage;
using AkkaHa.Messages.V1;
using BenchmarkDotNet.Attributes;
using Google.Protobuf;

namespace AkkaHa.Inner;

/// <summary>What is written into the journal and sent between nodes for a put of 64 bytes.</summary>
[MemoryDiagnoser]
public class WireBenchmarks
{
    private static readonly string RequestId = Guid.CreateVersion7(DateTimeOffset.FromUnixTimeMilliseconds(1_800_000_000_000)).ToString("D");
    private static readonly ByteString Value = ByteString.CopyFrom(new byte[64]);

    private readonly Command command = new()
    {
        Entity = "kv/orders/2026/117", RequestId = RequestId, Attempt = 1, TimeoutMs = 5000, PutKey = new PutKeyRequest { Key = "orders/2026/117", Value = Value, RequestId = RequestId, Attempt = 1 },
    };

    private readonly Envelope row = new()
    {
        Schema = 1, Epoch = 3, TimeMs = 1_800_000_000_000, RequestId = RequestId, Attempt = 1,
        Events = { new Event { KeyWritten = new KeyWritten { Present = true, Value = Value, Revision = 7 } } },
        Outcomes =
        {
            new Outcome
            {
                RequestId = RequestId, Attempt = 1, PayloadHash = ByteString.CopyFrom(new byte[16]), KeepUntilMs = 1_800_000_000_000,
                Reply = new Reply { PutKey = new PutKeyResponse { Key = "orders/2026/117", Revision = 7 } },
            },
        },
    };

    private byte[] rowBytes = [];

    /// <summary>The row as it is stored.</summary>
    [GlobalSetup]
    public void Setup() => rowBytes = row.ToByteArray();

    /// <summary>Into the journal.</summary>
    [Benchmark]
    public byte[] WriteARow() => row.ToByteArray();

    /// <summary>At recovery.</summary>
    [Benchmark]
    public Envelope ReadARow() => Envelope.Parser.ParseFrom(rowBytes);

    /// <summary>To another node, when the client did not know the owner.</summary>
    [Benchmark]
    public byte[] WriteACommand() => command.ToByteArray();

    /// <summary>What makes a repeat the same request: once for each change.</summary>
    [Benchmark]
    public ByteString HashOfAPayload() => PayloadHash.Of(command);
}
