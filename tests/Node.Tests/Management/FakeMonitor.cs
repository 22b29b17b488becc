using System.Threading.Channels;
using AkkaHa.Node.Management;

namespace AkkaHa.Node.Tests.Management;

/// <summary>A cluster of one member, whose events are a test's.</summary>
internal sealed class FakeMonitor : IClusterMonitor
{
    public const string Self = "akka.tcp://AkkaHa@a:4053";

    private static readonly MemberView Member = new(Self, "7", "Up", ["blue"]);

    public Channel<string> Happening { get; } = Channel.CreateUnbounded<string>();

    public string? AskedToJoin { get; private set; }

    public IReadOnlyList<Type> Types { get; private set; } = [];

    public MembersView Members() => new(Self, [Member], [], Leader: null, Oldest: Self, new Dictionary<string, string> { ["blue"] = Self });

    public MemberView? Find(string address) => address is Self or "AkkaHa@a:4053" ? Member : null;

    public SeedNodesView SeedNodes() => new(Self, [new SeedNodeView(Self, 7, "Up", ["blue"])]);

    public ShardTypesView ShardTypes() => new(["akkaha"]);

    public Task<ShardsView?> ShardsAsync(string name, CancellationToken ct) => Task.FromResult(name == "akkaha" ? new ShardsView([new ShardView("12", 3)]) : null);

    public string? Join(string address)
    {
        AskedToJoin = address;
        return address.EndsWith(":9", StringComparison.Ordinal) ? "is no address" : null;
    }

    public ChannelReader<string> Events(IReadOnlyList<Type> types, CancellationToken over)
    {
        Types = types;
        return Happening.Reader;
    }
}
