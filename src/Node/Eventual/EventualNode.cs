using Akka.Actor;
using Akka.Cluster;
using Akka.DistributedData;
using AkkaHa.Core.Eventual;
using AkkaHa.Messages.V1;
using AkkaHa.Node.Api.Errors;

namespace AkkaHa.Node.Eventual;

/// <summary>Eventual data through the replicator of one incarnation. Neither a database nor the ownership of shards has a say here.</summary>
internal sealed class EventualNode : IEventual
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    private readonly ActorSystem system;
    private readonly Akka.Cluster.Cluster cluster;
    private readonly IActorRef replicator;
    private int watches;

    public EventualNode(ActorSystem system, EventualParts parts)
    {
        this.system = system;
        Parts = parts;
        cluster = Akka.Cluster.Cluster.Get(system);
        replicator = DistributedData.Get(system).Replicator;
        system.ActorOf(Props.Create(() => new EventualKeeper(this, parts)), EventualKeeper.Name);
    }

    public EventualParts Parts { get; }

    public long NowMs => Parts.NowMs;

    public async Task<EventualWrite> UpdateAsync(EventualUpdate update, EventualConsistency consistency, TimeSpan timeout)
    {
        CheckLoaded();
        var shares = update.ByBucket().ToList();
        var done = await Task.WhenAll(shares.Select(s => UpdateAsync(s.Key, s.Value, consistency, timeout)));
        var worst = done.MaxBy(d => Rank(d.Updated.Outcome)).Updated.Outcome;
        return new EventualWrite(
            worst, done.All(d => d.Reached), [.. shares.Zip(done, (s, d) => (s.Key, d.Updated.Seen)).Where(s => s.Seen is not null).Select(s => (s.Key, s.Seen!.Value))],
            done.Length == 1 ? done[0].Updated.State : null, done.Any(d => d.Updated.Existed));
    }

    private async Task<(Updated Updated, bool Reached)> UpdateAsync(int bucket, EventualUpdate update, EventualConsistency consistency, TimeSpan timeout)
    {
        Updated? updated = null;
        ReplicatedBucket Modify(ReplicatedBucket? now)
        {
            // The store may have gone since: without it the replica's numbers may not be used.
            CheckLoaded();
            var from = (now ?? ReplicatedBucket.Empty).State;
            updated = Updating.Apply(from, update, Parts.Replica, NowMs, Parts.Rules);
            return updated.Outcome switch
            {
                UpdateOutcome.Done => new ReplicatedBucket(updated.State, updated.Delta, from),
                UpdateOutcome.DoneBefore => now!,
                _ => throw new NotDoneException(),
            };
        }
        var reached = await WriteAsync(bucket, Modify, consistency, timeout);
        return (updated ?? throw NotHere("the node's store has ended"), reached);
    }

    /// <summary>The replicator makes the change when its turn comes, and says how far it got.</summary>
    private async Task<bool> WriteAsync(int bucket, Func<ReplicatedBucket?, ReplicatedBucket> modify, EventualConsistency consistency, TimeSpan timeout)
    {
        // Who is no member can't speak for others: to the replicator it would be a majority by itself.
        var member = cluster.SelfMember.Status is MemberStatus.Up or MemberStatus.Leaving;
        IWriteConsistency to = consistency switch
        {
            EventualConsistency.Majority when member => new WriteMajority(timeout),
            EventualConsistency.All when member => new WriteAll(timeout),
            _ => WriteLocal.Instance,
        };
        try
        {
            var reply = await replicator.Ask<IUpdateResponse>(new Update(BucketKey.Of(bucket), to, data => modify(data as ReplicatedBucket), null), timeout + Grace);
            if (reply is ModifyFailure { Cause: not NotDoneException } failure) throw failure.Cause is RefusedException refused ? refused : new InvalidOperationException(failure.ErrorMessage, failure.Cause);
            if (reply is ModifyFailure) return true;
            Parts.Changed(bucket);
            return reply is UpdateSuccess && (consistency == EventualConsistency.Local || member);
        }
        catch (AskTimeoutException)
        {
            throw new RefusedException(Refusals.Of(ErrorCode.OutcomeUnknown, "this node's store of eventual data does not answer"));
        }
    }

    public async Task<(IReadOnlyList<Bucket> Buckets, bool Reached)> ReadAsync(IReadOnlyList<int> buckets, EventualConsistency consistency, TimeSpan timeout)
    {
        CheckLoaded();
        var read = await Task.WhenAll(buckets.Select(b => ReadAsync(b, consistency, timeout)));
        return ([.. read.Select(r => r.Bucket)], read.All(r => r.Reached));
    }

    private async Task<(Bucket Bucket, bool Reached)> ReadAsync(int bucket, EventualConsistency consistency, TimeSpan timeout)
    {
        var member = cluster.SelfMember.Status is MemberStatus.Up or MemberStatus.Leaving;
        IReadConsistency of = consistency switch
        {
            EventualConsistency.Majority when member => new ReadMajority(timeout),
            EventualConsistency.All when member => new ReadAll(timeout),
            _ => ReadLocal.Instance,
        };
        try
        {
            var reply = await replicator.Ask<IGetResponse>(new Get(BucketKey.Of(bucket), of), timeout + Grace);
            if (reply is GetFailure) return ((await ReadAsync(bucket, EventualConsistency.Local, timeout)).Bucket, false);
            return (reply is GetSuccess { Data: ReplicatedBucket found } ? found.State : Bucket.Empty, consistency == EventualConsistency.Local || member);
        }
        catch (AskTimeoutException)
        {
            throw NotHere("this node's store of eventual data does not answer");
        }
    }

    /// <summary>Sends a bucket as it is to all members. False: not all said that they have it.</summary>
    public async Task<bool> SpreadAsync(int bucket, TimeSpan timeout)
    {
        try
        {
            return await WriteAsync(bucket, now => now ?? ReplicatedBucket.Empty, EventualConsistency.All, timeout);
        }
        catch (RefusedException)
        {
            return false;
        }
    }

    /// <summary>Adds what a backup has, here and, in this time, at all members; who is away gets it later. It may be done again: what is there already stays as it is.</summary>
    /// <exception cref="RefusedException">UNAVAILABLE: it may not be in this node's file.</exception>
    public async Task MergeAsync(int bucket, Bucket other, TimeSpan timeout)
    {
        CheckLoaded();
        if (!await WriteAsync(bucket, now => (now ?? ReplicatedBucket.Empty).Merge(new ReplicatedBucket(other)), EventualConsistency.All, timeout) && Parts.Trouble is { } why) throw NotHere(why);
    }

    /// <summary>Sums up in a bucket what is due.</summary>
    public async Task SweepAsync(int bucket, long graceMs)
    {
        var (now, _) = await ReadAsync(bucket, EventualConsistency.Local, Grace);
        if (!Parts.IsLoaded || CounterFold.Sweep(now, Parts.Replica, NowMs, graceMs, Parts.Rules) is null) return;
        await WriteAsync(bucket, data =>
        {
            CheckLoaded();
            var bucketNow = data ?? ReplicatedBucket.Empty;
            return CounterFold.Sweep(bucketNow.State, Parts.Replica, NowMs, graceMs, Parts.Rules) is { } change ? new ReplicatedBucket(change.State, change.Delta, bucketNow.State) : bucketNow;
        }, EventualConsistency.Local, Grace);
    }

    public Task<IEventualWatch> WatchAsync(IReadOnlyList<int> buckets)
    {
        CheckLoaded();
        if (Interlocked.Increment(ref watches) > Messages.Limits.EventualWatchersPerNode)
        {
            Interlocked.Decrement(ref watches);
            throw new RefusedException(Refusals.Of(ErrorCode.LimitExceeded, $"this node has {Messages.Limits.EventualWatchersPerNode} watches of eventual data, which is the limit"));
        }
        return Task.FromResult<IEventualWatch>(new EventualWatch(system, replicator, buckets, () => Interlocked.Decrement(ref watches)));
    }

    /// <summary>
    /// Takes no more changes, and has all that were made put into the file: the next incarnation goes on as the same replica then.
    /// </summary>
    public async Task CloseAsync()
    {
        if (!Parts.IsLoaded) return;
        Parts.End();
        try
        {
            // What the replicator has done before it answers this has reached the store's mailbox; what comes after changes nothing any more.
            await replicator.Ask<IGetResponse>(new Get(BucketKey.Of(0), ReadLocal.Instance), Grace);
            await system.ActorSelection(replicator.Path / "durableStore").Ask<BucketStore.Closed>(BucketStore.Close.It, Grace);
        }
        catch (AskTimeoutException)
        {
            // Then it is another replica.
        }
    }

    private void CheckLoaded()
    {
        if (!Parts.IsLoaded) throw NotHere(Parts.Trouble ?? "its store of eventual data has not started");
    }

    private static RefusedException NotHere(string why) => new(Refusals.Of(ErrorCode.Unavailable, $"this node has no eventual data now: {why}"));

    // What a caller most needs to hear.
    private static int Rank(UpdateOutcome outcome) => outcome switch
    {
        UpdateOutcome.DoneBefore => 0,
        UpdateOutcome.Done => 1,
        _ => 2 + (int)outcome,
    };

    private sealed class NotDoneException() : Exception("refused; the outcome says why");
}
