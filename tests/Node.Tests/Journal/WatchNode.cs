using AkkaHa.Messages.V1;
using AkkaHa.Node.Api.Keys;
using AkkaHa.Node.Journal;
using AkkaHa.Node.Watches;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;

namespace AkkaHa.Node.Tests.Journal;

/// <summary>What a node has for watches.</summary>
internal sealed class WatchNode : IAsyncDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Lifetime lifetime = new();
    private readonly JournalTail tail;

    public WatchNode(TestJournal journal, JournalReader? reader = null, bool remembers = true, JournalReader? past = null, TimeSpan? heartbeatAfter = null)
    {
        Hub = new WatchHub(journal.Database.IsPostgres);
        tail = new JournalTail(journal.Database, Hub, journal.Settings, NullLogger<JournalTail>.Instance, reader, remembers ? 5000 : 1);
        Watches = new KeyWatches(journal.Database, Hub, tail, lifetime, past) { HeartbeatAfter = heartbeatAfter ?? TimeSpan.FromSeconds(2) };
        tail.StartAsync(default).GetAwaiter().GetResult();
    }

    public WatchHub Hub { get; }

    public KeyWatches Watches { get; }

    public async Task<WatchClient> WatchAsync(string prefix = "", string? from = null, string? key = null)
    {
        var request = new WatchRequest { Prefix = prefix, From = from ?? "" };
        if (key is not null) request.Key = key;
        return new WatchClient(await Watches.OpenAsync(request, default));
    }

    public void Leave() => lifetime.StopApplication();

    public async ValueTask DisposeAsync()
    {
        await tail.StopAsync(default);
        tail.Dispose();
        lifetime.Dispose();
    }

    internal sealed class Lifetime : IHostApplicationLifetime, IDisposable
    {
        private readonly CancellationTokenSource stopping = new();

        public CancellationToken ApplicationStarted => default;

        public CancellationToken ApplicationStopping => stopping.Token;

        public CancellationToken ApplicationStopped => default;

        public void StopApplication() => stopping.Cancel();

        public void Dispose() => stopping.Dispose();
    }
}

/// <summary>Takes what one watch gives.</summary>
internal sealed class WatchClient(IKeyWatch watch) : IDisposable
{
    /// <summary>Of the last thing taken.</summary>
    public string Position { get; private set; } = "";

    public async Task<WatchEvent> NextAsync()
    {
        using var patience = new CancellationTokenSource(WatchNode.Patience);
        while (true)
        {
            if (watch.TryTake(out var item))
            {
                Position = item!.Message.Position;
                return item.Message;
            }
            await watch.WaitAsync(patience.Token);
        }
    }

    /// <summary>As <c>put a=1@1</c>, <c>delete a@2</c>.</summary>
    public async Task<string> NextChangeAsync()
    {
        while (true)
        {
            var e = await NextAsync();
            if (e.HasKey) return $"{e.Type.ToString().ToLowerInvariant()} {e.Key}{(e.HasValue ? "=" + e.Value.ToStringUtf8() : "")}@{e.Revision}";
        }
    }

    public async Task<IReadOnlyList<string>> ChangesAsync(int count)
    {
        var changes = new List<string>();
        while (changes.Count < count) changes.Add(await NextChangeAsync());
        return changes;
    }

    public void Dispose() => watch.Dispose();
}
