using AkkaHa.Servers;
using StackExchange.Redis;

namespace AkkaHa.Compare.Systems;

/// <summary>One Redis that syncs every write, through StackExchange.Redis.</summary>
internal sealed class RedisSystem : ISystem
{
    private const string ReleaseScript = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) else return 0 end";
    private const string TransferScript = "if tonumber(redis.call('get', KEYS[1])) < 1 then return 0 end redis.call('decr', KEYS[1]) redis.call('incr', KEYS[2]) return 1";
    private const int SessionsAtOnce = 64;
    private static readonly TimeSpan LockTtl = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan SessionTtl = TimeSpan.FromHours(1);

    private readonly RedisServer server;
    private readonly ConnectionMultiplexer connections;
    private readonly IDatabase database;

    private RedisSystem(RedisServer server, ConnectionMultiplexer connections)
    {
        this.server = server;
        this.connections = connections;
        database = connections.GetDatabase();
        Version = connections.GetServer("127.0.0.1", server.Port).Version.ToString();
    }

    public string Name => SystemNames.Redis;

    public string Version { get; }

    public string Promise => "1 server, fsync always: on its disk";

    public IReadOnlyList<int> Processes => [server.ProcessId];

    public static async Task<ISystem> StartAsync(CancellationToken ct)
    {
        var server = await RedisServer.StartAsync();
        return new RedisSystem(server, await ConnectionMultiplexer.ConnectAsync($"127.0.0.1:{server.Port},allowAdmin=true,asyncTimeout=30000"));
    }

    public Task PrepareAsync(int clients) => Task.CompletedTask;

    public Task PutAsync(string key, ReadOnlyMemory<byte> value) => database.StringSetAsync(key, value);

    public async Task GetAsync(string key)
    {
        if ((await database.StringGetAsync(key)).IsNull) throw new InvalidOperationException($"{key} is not there");
    }

    /// <summary>As its documentation tells to: set if absent, with a time to live; asked for again after a random pause; deleted if it is still one's own.</summary>
    public async Task LockAsync(int client, string name)
    {
        var token = Guid.NewGuid().ToString("N");
        while (!await database.StringSetAsync(name, token, LockTtl, When.NotExists)) await Task.Delay(Random.Shared.Next(1, 10));
        if ((int)await database.ScriptEvaluateAsync(ReleaseScript, [name], [token]) != 1) throw new InvalidOperationException($"{name} was lost");
    }

    public Task CreateAccountAsync(string account, long balance) => database.StringSetAsync(account, balance);

    public async Task TransferAsync(string from, string to)
    {
        if ((int)await database.ScriptEvaluateAsync(TransferScript, [from, to]) != 1) throw new InvalidOperationException($"{from} has nothing left");
    }

    // Its shortest way checks already.
    public Task TransferCheckedAsync(string from, string to) => TransferAsync(from, to);

    public Task CreateSessionsAsync(int count) => Parallel.ForAsync(
        0, count, new ParallelOptions { MaxDegreeOfParallelism = SessionsAtOnce }, async (session, _) => await database.StringSetAsync(Session(session), "", SessionTtl));

    public async Task KeepAliveAsync(int client, int session)
    {
        if (!await database.KeyExpireAsync(Session(session), SessionTtl)) throw new InvalidOperationException("the session is over");
    }

    public async Task<IAsyncDisposable> WatchAsync(string key, Action<ReadOnlyMemory<byte>> seen)
    {
        // It tells that a key has changed, not to what: who wants to know reads it.
        await connections.GetServer("127.0.0.1", server.Port).ConfigSetAsync("notify-keyspace-events", "K$");
        var told = await connections.GetSubscriber().SubscribeAsync(RedisChannel.Literal($"__keyspace@0__:{key}"));
        told.OnMessage(async _ => seen((byte[])(await database.StringGetAsync(key))!));
        return new Subscription(told);
    }

    public async ValueTask DisposeAsync()
    {
        await connections.DisposeAsync();
        await server.DisposeAsync();
    }

    private static RedisKey Session(int number) => $"session/{number}";

    private sealed class Subscription(ChannelMessageQueue told) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync() => await told.UnsubscribeAsync();
    }
}
