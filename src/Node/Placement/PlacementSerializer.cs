using Akka.Actor;
using Akka.Cluster.Sharding.Serialization;
using Google.Protobuf;

namespace AkkaHa.Node.Placement;

/// <summary>
/// Akka's serializer of sharding, but for the order in which the coordinator's state has its shards: Akka takes that of a dictionary, which is another in each process. Replicas compare what they have by
/// the hash of these bytes, so that with Akka's alone no two nodes ever seem to have the same, and send each other all of it five times a second. Nodes with and without this understand each other.
/// </summary>
/// <param name="system">Whose actors it names.</param>
internal sealed class PlacementSerializer(ExtendedActorSystem system) : ClusterShardingMessageSerializer(system)
{
    /// <summary>As Akka's configuration has it.</summary>
    public const int AkkasIdentifier = 13;

    private const string CoordinatorState = "AA";

    public override byte[] ToBinary(object obj) => Manifest(obj) == CoordinatorState ? Ordered(base.ToBinary(obj)) : base.ToBinary(obj);

    /// <summary>The fields of a message of repeated texts and messages, by number and content.</summary>
    internal static byte[] Ordered(byte[] message)
    {
        var fields = new List<(uint Tag, byte[] Content)>();
        using var input = new CodedInputStream(message);
        for (var tag = input.ReadTag(); tag != 0; tag = input.ReadTag())
        {
            // None is there in the version that this was written for.
            if (WireFormat.GetTagWireType(tag) != WireFormat.WireType.LengthDelimited) return message;
            fields.Add((tag, input.ReadBytes().ToByteArray()));
        }
        fields.Sort((a, b) => a.Tag != b.Tag ? a.Tag.CompareTo(b.Tag) : a.Content.AsSpan().SequenceCompareTo(b.Content));
        using var ordered = new MemoryStream(message.Length);
        using (var output = new CodedOutputStream(ordered, leaveOpen: true))
        {
            foreach (var (tag, content) in fields)
            {
                output.WriteTag(tag);
                output.WriteBytes(ByteString.CopyFrom(content));
            }
        }
        return ordered.ToArray();
    }
}
