using AkkaHa.Core.Entities;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;
using BenchmarkDotNet.Attributes;
using Google.Protobuf;

namespace AkkaHa.Inner;

/// <summary>What the rules cost, without the journal: decide, apply, remember the outcome.</summary>
[MemoryDiagnoser]
public class KeyBenchmarks
{
    private const int BatchOf = 64;
    private const long StartMs = 1_800_000_000_000;
    private static readonly EntityId Key = EntityId.Key("k");
    private static readonly ByteString Value = ByteString.CopyFrom(new byte[64]);

    private readonly Entity entity = new(Key, Machines.For(Key, RuleSwitches.AllOn), epoch: 1, dirty: false);
    private long calls;

    /// <summary>A key that is there.</summary>
    [GlobalSetup]
    public void Setup()
    {
        entity.FinishRecovery(0);
        Put();
    }

    /// <summary>A put.</summary>
    [Benchmark]
    public int Put() => Decide([NextPut()]);

    /// <summary>64 puts that came while the last batch was being written; for each of them.</summary>
    [Benchmark(OperationsPerInvoke = BatchOf)]
    public int PutInABatch() => Decide([.. Enumerable.Range(0, BatchOf).Select(_ => NextPut())]);

    /// <summary>A read.</summary>
    [Benchmark]
    public int Get() => Decide([new Incoming(++calls, new Command { Entity = "kv/k", GetKey = new GetKeyRequest { Key = "k" } })]);

    private int Decide(IReadOnlyList<Incoming> incoming)
    {
        // A call each millisecond: outcomes are forgotten as they are remembered.
        var batch = entity.Decide(incoming, Now);
        if (batch.Rows.Count > 0) entity.Persisted();
        return batch.Now.Count + batch.Afterwards.Count;
    }

    private Moment Now => new(StartMs + calls, calls);

    private Incoming NextPut()
    {
        var id = Guid.CreateVersion7(DateTimeOffset.FromUnixTimeMilliseconds(StartMs + ++calls)).ToString("D");
        return new Incoming(calls, new Command { Entity = "kv/k", RequestId = id, Attempt = 1, PutKey = new PutKeyRequest { Key = "k", Value = Value, RequestId = id, Attempt = 1 } });
    }
}
