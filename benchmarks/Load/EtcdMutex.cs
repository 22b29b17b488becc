using Etcdserverpb;
using Google.Protobuf;
using Grpc.Core;
using Mvccpb;

namespace AkkaHa.Load;

/// <summary>
/// One client of etcd's locks, as its own concurrency package for Go does it (client/v3/concurrency, Session and Mutex): a lease for the client, a key under the lock's name for
/// each who wants it, and a wait until every key that was made before is gone.
/// </summary>
public sealed class EtcdMutex : IAsyncDisposable
{
    // Outlives every measurement: keepalives would be a load of their own.
    private const long LeaseSeconds = 3600;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly EtcdConnections members;
    private readonly long lease;
    private readonly AsyncDuplexStreamingCall<WatchRequest, WatchResponse> watch;
    private long watchId;

    private EtcdMutex(EtcdConnections members, long lease, AsyncDuplexStreamingCall<WatchRequest, WatchResponse> watch) => (this.members, this.lease, this.watch) = (members, lease, watch);

    /// <summary>With a lease of its own.</summary>
    public static async Task<EtcdMutex> OpenAsync(EtcdConnections members)
    {
        var granted = await members.CallAsync((member, options) => member.Leases.LeaseGrantAsync(new LeaseGrantRequest { TTL = LeaseSeconds }, options));
        return new EtcdMutex(members, granted.ID, members.Next().Watches.Watch());
    }

    /// <summary>Waits for the lock.</summary>
    public async Task LockAsync(string name)
    {
        var (prefix, end, key) = (ByteString.CopyFromUtf8($"{name}/"), ByteString.CopyFromUtf8($"{name}0"), Key(name));
        var owner = new RequestOp { RequestRange = new RangeRequest { Key = prefix, RangeEnd = end, SortTarget = RangeRequest.Types.SortTarget.Create, SortOrder = RangeRequest.Types.SortOrder.Ascend, Limit = 1 } };
        var request = new TxnRequest
        {
            Compare = { new Compare { Key = key, Target = Compare.Types.CompareTarget.Create, Result = Compare.Types.CompareResult.Equal, CreateRevision = 0 } },
            Success = { new RequestOp { RequestPut = new PutRequest { Key = key, Lease = lease } }, owner },
            Failure = { new RequestOp { RequestRange = new RangeRequest { Key = key } }, owner },
        };
        var answer = await members.CallAsync((member, options) => member.Keys.TxnAsync(request, options));
        var mine = answer.Succeeded ? answer.Header.Revision : answer.Responses[0].ResponseRange.Kvs[0].CreateRevision;
        var first = answer.Responses[1].ResponseRange.Kvs;
        if (first.Count == 0 || first[0].CreateRevision == mine) return;
        await WaitForEarlierAsync(prefix, end, mine - 1);
    }

    /// <summary>Gives it back.</summary>
    public Task UnlockAsync(string name)
    {
        var request = new DeleteRangeRequest { Key = Key(name) };
        return members.CallAsync((member, options) => member.Keys.DeleteRangeAsync(request, options));
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        watch.Dispose();
        await members.CallAsync((member, options) => member.Leases.LeaseRevokeAsync(new LeaseRevokeRequest { ID = lease }, options));
    }

    private ByteString Key(string name) => ByteString.CopyFromUtf8($"{name}/{lease:x}");

    private async Task WaitForEarlierAsync(ByteString prefix, ByteString end, long upTo)
    {
        var last = new RangeRequest { Key = prefix, RangeEnd = end, MaxCreateRevision = upTo, SortTarget = RangeRequest.Types.SortTarget.Create, SortOrder = RangeRequest.Types.SortOrder.Descend, Limit = 1 };
        while (true)
        {
            var found = await members.CallAsync((member, options) => member.Keys.RangeAsync(last, options));
            if (found.Kvs.Count == 0) return;
            await WaitForDeleteAsync(found.Kvs[0].Key, found.Header.Revision).WaitAsync(Patience);
        }
    }

    private async Task WaitForDeleteAsync(ByteString key, long from)
    {
        var id = ++watchId;
        await watch.RequestStream.WriteAsync(new WatchRequest { CreateRequest = new WatchCreateRequest { Key = key, StartRevision = from, WatchId = id } });
        while (await watch.ResponseStream.MoveNext(CancellationToken.None))
        {
            var seen = watch.ResponseStream.Current;
            // What is left of those that were ended before.
            if (seen.WatchId != id) continue;
            if (seen.Canceled) throw new InvalidOperationException($"the watch was refused: {seen.CancelReason}");
            if (seen.Events.All(e => e.Type != Event.Types.EventType.Delete)) continue;
            await watch.RequestStream.WriteAsync(new WatchRequest { CancelRequest = new WatchCancelRequest { WatchId = id } });
            return;
        }
        throw new InvalidOperationException("etcd ended the stream of watches");
    }
}
