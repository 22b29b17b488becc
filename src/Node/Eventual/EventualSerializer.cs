using Akka.Actor;
using Akka.Serialization;
using AkkaHa.Core.Eventual;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.Storage;
using Google.Protobuf;

namespace AkkaHa.Node.Eventual;

/// <summary>Buckets and their changes, between nodes and in files. Identifier and manifests are frozen.</summary>
internal sealed class EventualSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
{
    private const string BucketManifest = "b";
    private const string DeltaManifest = "d";
    private const string ClockManifest = "t";

    public override int Identifier => 4118;

    public override string Manifest(object o) => o switch
    {
        ReplicatedBucket => BucketManifest,
        BucketDelta => DeltaManifest,
        ClockReading => ClockManifest,
        _ => throw new ArgumentException($"{o.GetType()} is not stored or sent", nameof(o)),
    };

    public override byte[] ToBinary(object obj) => obj switch
    {
        ReplicatedBucket bucket => BucketCodec.Write(bucket.State).ToByteArray(),
        BucketDelta delta => BucketCodec.Write(delta.Change).ToByteArray(),
        _ => ((IMessage)obj).ToByteArray(),
    };

    public override object FromBinary(byte[] bytes, string manifest) => manifest switch
    {
        BucketManifest => new ReplicatedBucket(BucketCodec.Read(EventualBucket.Parser.ParseFrom(bytes), isDelta: false)),
        DeltaManifest => new BucketDelta(BucketCodec.Read(EventualBucket.Parser.ParseFrom(bytes), isDelta: true)),
        ClockManifest => ClockReading.Parser.ParseFrom(bytes),
        _ => throw new System.Runtime.Serialization.SerializationException($"unknown manifest '{manifest}': written by a newer version?"),
    };
}
