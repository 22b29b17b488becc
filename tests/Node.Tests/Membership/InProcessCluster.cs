using Akka.Actor;
using Akka.Cluster;
using AkkaHa.Core.Entities;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;
using AkkaHa.Node.Membership;
using AkkaHa.Node.Overload;
using AkkaHa.Node.Ownership;
using AkkaHa.Node.Settings;
using AkkaHa.Node.Storage;
using Google.Protobuf;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace AkkaHa.Node.Tests.Membership;

/// <summary>Incarnations in this process, on one SQLite file of their own.</summary>
internal sealed class InProcessCluster : IAsyncDisposable
{
    public const int Shards = 16;
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly List<RunningNode> nodes = [];

    /// <summary>Few start soon. What is counted for people is counted with as many as they have.</summary>
    public int ShardCount { get; init; } = Shards;

    public ILoggerFactory Loggers { get; init; } = NullLoggerFactory.Instance;
    private readonly int seed = FreePort();

    /// <summary>The owners' rows, as the database has them.</summary>
    public Task<IReadOnlyList<ShardRow>> OwnersAsync()
    {
        var database = new Database(new NodeSettings { DataDirectory = DataDirectory });
        return new OwnershipStore(database, new LeaseStore(database), RuleSwitches.AllOn).ReadAsync(default);
    }

    public string DataDirectory { get; } = Directory.CreateTempSubdirectory("akkaha-inproc-").FullName;

    /// <summary>Starts one more, and waits until all are members.</summary>
    public async Task<RunningNode> StartAsync(int keepEventsSeconds = 600, int writeBehindMs = 200, Admission? admission = null)
    {
        var settings = new NodeSettings
        {
            DataDirectory = DataDirectory, Shards = ShardCount, Storage = new StorageSettings { KeepEventsSeconds = keepEventsSeconds }, Remote = new RemoteSettings { Port = nodes.Count == 0 ? seed : FreePort() },
            Cluster = new AkkaHa.Node.Settings.ClusterSettings { SeedNodes = [$"akka.tcp://{NodeNames.ActorSystem}@127.0.0.1:{seed}"] },
            Eventual = new EventualSettings { WriteBehindMs = writeBehindMs },
        };
        var database = new Database(settings);
        await new Schema(database, settings).EnsureAsync(default);
        var node = await RunningNode.StartAsync(settings, database, RuleSwitches.AllOn, admission ?? Admission.Open, NullLoggerFactory.Instance, default);
        nodes.Add(node);
        await EventuallyAsync(() => node.Cluster.State.Members.Count(m => m.Status == MemberStatus.Up) == nodes.Count(n => !n.System.WhenTerminated.IsCompleted));
        return node;
    }

    /// <summary>Hand-off may drop a message silently: whoever asks asks again, as every client does.</summary>
    public static async Task<Reply> AskAsync(RunningNode node, Command command)
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

    public static Command Put(string key) => new()
    {
        Entity = $"kv/{key}", RequestId = Guid.CreateVersion7().ToString(), Attempt = 1,
        PutKey = new PutKeyRequest { Key = key, Value = ByteString.CopyFromUtf8("x") },
    };

    public static async Task EventuallyAsync(Func<bool> holds)
    {
        for (var until = DateTime.UtcNow + Patience; !holds(); await Task.Delay(100))
            if (DateTime.UtcNow > until) Assert.Fail("it did not come to that in time");
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in nodes.Where(n => !n.System.WhenTerminated.IsCompleted)) await node.EndAsync();
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        Directory.Delete(DataDirectory, recursive: true);
    }

    /// <summary>None that an outgoing connection, or another test's server, may have been given before it is used.</summary>
    internal static int FreePort() => AkkaHa.Cli.Local.LocalCluster.FreePorts(1)[0];
}
