using Akka.Cluster.Sharding;
using Akka.Cluster.Sharding.Serialization;
using AkkaHa.Node.Membership;
using AkkaHa.Node.Placement;
using AkkaHa.Node.Settings;
using AkkaHa.Node.Storage;
using Google.Protobuf;
using Xunit;

namespace AkkaHa.Node.Tests.Placement;

public sealed class PlacementSerializerTests
{
    private static byte[] Message(params (int Field, string Text)[] fields)
    {
        using var bytes = new MemoryStream();
        using (var output = new CodedOutputStream(bytes, leaveOpen: true))
        {
            foreach (var (field, text) in fields)
            {
                output.WriteTag(field, WireFormat.WireType.LengthDelimited);
                output.WriteString(text);
            }
        }
        return bytes.ToArray();
    }

    [Fact]
    public void The_same_state_is_the_same_bytes_whatever_the_order_of_its_parts()
    {
        var one = Message((1, "7 on a"), (1, "12 on b"), (2, "a"), (2, "b"), (4, "200"));
        var other = Message((1, "12 on b"), (2, "b"), (1, "7 on a"), (4, "200"), (2, "a"));
        Assert.NotEqual(one, other);
        Assert.Equal(PlacementSerializer.Ordered(one), PlacementSerializer.Ordered(other));
    }

    [Fact]
    public void Nothing_gets_lost_or_goes_to_another_field() =>
        Assert.Equal(Message((1, ""), (1, "a"), (1, "a"), (1, "b"), (2, "a"), (20, "x")), PlacementSerializer.Ordered(Message((20, "x"), (2, "a"), (1, "b"), (1, "a"), (1, ""), (1, "a"))));

    [Fact]
    public void What_it_does_not_know_stays_as_it_is()
    {
        byte[] withNumber = [0x18, 5, .. Message((1, "b"), (1, "a"))];
        Assert.Same(withNumber, PlacementSerializer.Ordered(withNumber));
    }

    /// <summary>Else nodes with and without it would not understand each other.</summary>
    [Fact]
    public void It_has_the_number_of_the_one_in_whose_place_it_is()
    {
        var akkas = typeof(ClusterShardingMessageSerializer);
        var config = ClusterSharding.DefaultConfig();
        Assert.Equal($"{akkas.FullName}, {akkas.Assembly.GetName().Name}", config.GetString("akka.actor.serializers.akka-sharding"));
        Assert.Equal(PlacementSerializer.AkkasIdentifier, config.GetInt($"akka.actor.serialization-identifiers.\"{akkas.FullName}, {akkas.Assembly.GetName().Name}\""));
    }

    [Fact]
    public void A_node_writes_with_it()
    {
        var settings = new NodeSettings { DataDirectory = Path.Combine(Path.GetTempPath(), "akkaha-tests") };
        var node = AkkaConfig.For(settings, MemberFacts.Of(settings, "one", 0), new Database(settings));
        var ours = $"{typeof(PlacementSerializer).FullName}, {typeof(PlacementSerializer).Assembly.GetName().Name}";
        Assert.Equal(ours, node.GetString("akka.actor.serializers.akka-sharding"));
        Assert.Equal(PlacementSerializer.AkkasIdentifier, node.GetInt($"akka.actor.serialization-identifiers.\"{ours}\""));
    }
}
