using System.Threading.Channels;
using AkkaHa.Messages;
using AkkaHa.Messages.Storage;
using AkkaHa.Messages.V1;
using AkkaHa.Node.Api.Errors;
using AkkaHa.Node.Api.Keys;
using AkkaHa.Node.Journal;
using AkkaHa.Node.Watches;
using Google.Protobuf;

namespace AkkaHa.Node.Tests.Api;

/// <summary>Lists and watches that answer as a test says.</summary>
internal sealed class FakeKeys : IKeyLists, IKeyWatches
{
    public ListKeysRequest? Listed { get; private set; }

    public WatchRequest? Watched { get; private set; }

    public ListKeysResponse List { get; set; } = new();

    /// <summary>What a watch gives, then what ends it; null there: it does not end.</summary>
    public (WatchItem[] Items, RefusedException? End) Stream { get; set; } = ([], null);

    public RefusedException? Refusal { get; set; }

    public int Open;

    public static WatchItem Put(long ordering, string key, string value, long revision) => WatchItem.Of(
        At(ordering), key, new KeyWritten { Present = true, Value = ByteString.CopyFromUtf8(value), Revision = revision }, postgres: false);

    public static WatchItem Gone(long ordering, string key, long revision, bool expired) =>
        WatchItem.Of(At(ordering), key, new KeyWritten { Revision = revision, Expired = expired }, postgres: false);

    public static WatchItem Heartbeat(long ordering) => WatchItem.Heartbeat(At(ordering), postgres: false);

    public Task<ListKeysResponse> ListAsync(ListKeysRequest request, CancellationToken ct)
    {
        Listed = request;
        return Task.FromResult(List);
    }

    public Task<IKeyWatch> OpenAsync(WatchRequest request, CancellationToken ct)
    {
        Watched = request;
        if (Refusal is { } refusal) throw refusal;
        Interlocked.Increment(ref Open);
        return Task.FromResult<IKeyWatch>(new Watch(this));
    }

    private static WatchPosition At(long ordering) => new(new JournalPosition(0, ordering));

    private sealed class Watch : IKeyWatch
    {
        private readonly FakeKeys keys;
        private readonly Channel<WatchItem> items = Channel.CreateUnbounded<WatchItem>();

        public Watch(FakeKeys keys)
        {
            this.keys = keys;
            foreach (var item in keys.Stream.Items) items.Writer.TryWrite(item);
            if (keys.Stream.End is not null) items.Writer.Complete();
        }

        public async ValueTask WaitAsync(CancellationToken ct)
        {
            if (!await items.Reader.WaitToReadAsync(ct)) throw keys.Stream.End!;
        }

        public Task CutOff => items.Reader.Completion;

        public bool TryTake(out WatchItem? item) => items.Reader.TryRead(out item);

        public void Dispose() => Interlocked.Decrement(ref keys.Open);
    }
}
