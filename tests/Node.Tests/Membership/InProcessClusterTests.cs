using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Cluster;
using AkkaHa.Core.Entities;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;
using AkkaHa.Node.Membership;
using AkkaHa.Node.Ownership;
using AkkaHa.Node.Settings;
using AkkaHa.Node.Storage;
using Google.Protobuf;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace AkkaHa.Node.Tests.Membership;

/// <summary>Two incarnations in one process: the region, the ring, the grants and the hand-over, without the cost of processes.</summary>
public sealed class InProcessClusterTests : IAsyncLifetime
{
    private const int Shards = 16;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string directory = Directory.CreateTempSubdirectory("akkaha-inproc-").FullName;
    private readonly List<RunningNode> nodes = [];

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (var node in nodes) await node.System.Terminate();
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        Directory.Delete(directory, recursive: true);
    }

    [Fact]
    public async Task Shards_are_shared_by_the_ring_and_handed_over_with_all_that_was_acknowledged()
    {
        var seed = FreePort();
        var first = await StartAsync(seed, seed);
        await UpAsync(first, members: 1);
        for (var i = 0; i < 40; i++) Assert.Equal(1, (await AskAsync(first, Put(i))).PutKey.Revision);

        var second = await StartAsync(FreePort(), seed);
        await UpAsync(second, members: 2);
        var bound = (int)Math.Ceiling(1.1 * Shards / 2);
        await EventuallyAsync(() => first.Parts.Grants.Count + second.Parts.Grants.Count == Shards && first.Parts.Grants.Count <= bound && second.Parts.Grants.Count <= bound);
        for (var i = 0; i < 40; i++) Assert.Equal(2, (await AskAsync(i % 2 == 0 ? first : second, Put(i))).PutKey.Revision);

        await first.LeaveAsync().WaitAsync(Patience);
        Assert.Equal(0, first.Parts.Grants.Count);
        await EventuallyAsync(() => second.Parts.Grants.Count == Shards);
        for (var i = 0; i < 40; i++) Assert.Equal(3, (await AskAsync(second, Put(i))).PutKey.Revision);
        Assert.All(await second.Parts.Ownership.ReadAsync(default), row => Assert.Equal(second.Parts.Holder, row.Holder));
    }

    private async Task<RunningNode> StartAsync(int port, int seed)
    {
        var settings = new NodeSettings
        {
            DataDirectory = directory, Shards = Shards, Remote = new RemoteSettings { Port = port },
            Cluster = new AkkaHa.Node.Settings.ClusterSettings { SeedNodes = [$"akka.tcp://{NodeNames.ActorSystem}@127.0.0.1:{seed}"] },
        };
        var database = new Database(settings);
        await new Schema(database, settings).EnsureAsync(default);
        var node = await RunningNode.StartAsync(settings, database, new OwnershipStore(database), RuleSwitches.AllOn, NullLoggerFactory.Instance);
        nodes.Add(node);
        return node;
    }

    private static Task UpAsync(RunningNode node, int members) =>
        EventuallyAsync(() => node.Cluster.State.Members.Count(m => m.Status == MemberStatus.Up) == members);

    /// <summary>Hand-off may drop a message silently: whoever asks asks again, as every client does.</summary>
    private static async Task<Reply> AskAsync(RunningNode node, Command command)
    {
        for (var until = DateTime.UtcNow + Patience; ; command.Attempt++)
        {
            try
            {
                var reply = await node.Region.Ask<Reply>(command.Clone(), TimeSpan.FromSeconds(5));
                if (reply.Failure is null || DateTime.UtcNow > until) return reply;
            }
            catch (AskTimeoutException) when (DateTime.UtcNow < until)
            {
                // Again.
            }
            await Task.Delay(100);
        }
    }

    private static Command Put(int i) => new()
    {
        Entity = $"kv/k/{i}", RequestId = Guid.CreateVersion7().ToString(), Attempt = 1,
        PutKey = new PutKeyRequest { Key = $"k/{i}", Value = ByteString.CopyFromUtf8("x") },
    };

    private static async Task EventuallyAsync(Func<bool> holds)
    {
        for (var until = DateTime.UtcNow + Patience; !holds(); await Task.Delay(100))
            if (DateTime.UtcNow > until) Assert.Fail("it did not come to that in time");
    }

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
