using AkkaHa.Core.Eventual;
using AkkaHa.Messages.V1;
using AkkaHa.Node.Eventual;

namespace AkkaHa.Node.Tests.Api;

/// <summary>Eventual data of a node alone: Core's rules, without a replicator.</summary>
internal sealed class FakeEventual : IEventual
{
    private readonly Dictionary<int, Bucket> buckets = [];
    private TaskCompletionSource changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Whether other nodes answer in time.</summary>
    public bool Reaches { get; set; } = true;

    /// <summary>Of the last call.</summary>
    public (EventualConsistency Consistency, TimeSpan Timeout) Asked { get; private set; }

    /// <summary>How far this node's clock is from the others'.</summary>
    public long CorrectedByMs { get; set; }

    public long NowMs => DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() + CorrectedByMs;

    public void Reset()
    {
        buckets.Clear();
        Reaches = true;
        CorrectedByMs = 0;
    }

    public Task<EventualWrite> UpdateAsync(EventualUpdate update, EventualConsistency consistency, TimeSpan timeout)
    {
        Asked = (consistency, timeout);
        var done = update.ByBucket().Select(share =>
        {
            var updated = Updating.Apply(buckets.GetValueOrDefault(share.Key, Bucket.Empty), share.Value, new ReplicaId(1), NowMs, EventualRules.AllOn);
            buckets[share.Key] = updated.State;
            return (share.Key, updated);
        }).ToList();
        Interlocked.Exchange(ref changed, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
        var worst = done.Max(d => d.updated.Outcome);
        return Task.FromResult(new EventualWrite(
            worst, Reaches || consistency == EventualConsistency.Local, [.. done.Where(d => d.updated.Seen is not null).Select(d => (d.Key, d.updated.Seen!.Value))],
            done.Count == 1 ? done[0].updated.State : null, done.Any(d => d.updated.Existed)));
    }

    public Task<(IReadOnlyList<Bucket> Buckets, bool Reached)> ReadAsync(IReadOnlyList<int> of, EventualConsistency consistency, TimeSpan timeout)
    {
        Asked = (consistency, timeout);
        return Task.FromResult<(IReadOnlyList<Bucket>, bool)>(([.. of.Select(b => buckets.GetValueOrDefault(b, Bucket.Empty))], Reaches || consistency == EventualConsistency.Local));
    }

    public Task<IEventualWatch> WatchAsync(IReadOnlyList<int> of) => Task.FromResult<IEventualWatch>(new Watch(this));

    private sealed class Watch(FakeEventual data) : IEventualWatch
    {
        private Task next = data.changed.Task;

        public async Task<bool> WaitAsync(TimeSpan atMost, CancellationToken ct)
        {
            try
            {
                await next.WaitAsync(atMost, ct);
            }
            catch (TimeoutException)
            {
                return false;
            }
            next = data.changed.Task;
            return true;
        }

        public void Dispose()
        {
        }
    }
}
