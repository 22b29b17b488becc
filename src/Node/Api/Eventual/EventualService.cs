using AkkaHa.Core.Eventual;
using AkkaHa.Messages;
using AkkaHa.Messages.Eventual;
using AkkaHa.Messages.V1;
using AkkaHa.Node.Api.Errors;
using AkkaHa.Node.Eventual;
using AkkaHa.Node.Ownership;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace AkkaHa.Node.Api.Eventual;

/// <summary>Eventual data over gRPC and HTTP. It has a gate of its own: this node's store answers, whatever the database and the owners of shards do.</summary>
internal sealed class EventualService(IEventual eventual) : Messages.V1.Eventual.EventualBase
{
    private static readonly TimeSpan HeartbeatEvery = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LookAgainAfter = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan EveryMemberWithin = TimeSpan.FromMilliseconds(500);

    public override async Task<EventualValue> Get(GetEventualRequest request, ServerCallContext context)
    {
        Refusals.ThrowIf(EventualValidation.Check(request));
        if (!EventualToken.TryParse(request.Token, out var written)) throw new RefusedException(Refusals.Invalid("token", "is not one of an answer"));
        var (kind, name) = Datum(request.Kind, request.Key);
        var timeout = TimeSpan.FromSeconds(EventualValidation.TimeoutSeconds(request.HasTimeoutSeconds, request.TimeoutSeconds));
        var (buckets, reached) = await ReadAsync(Placing.BucketsOf(kind, name), request.Consistency, timeout, written, context.CancellationToken);
        var found = EventualAnswers.ValueOf(buckets, kind, name);
        if (!reached) throw new RefusedException(EventualAnswers.Partial($"fewer nodes than asked have answered for '{request.Key}' within {timeout.TotalSeconds} s", request.Kind, request.Key, found?.Value, ""));
        if (found is null) throw new RefusedException(Refusals.Of(ErrorCode.NotFound, $"there is no {request.Kind} '{request.Key}'"));
        return Answer(request.Kind, request.Key, found, request.Consistency, "");
    }

    /// <summary>
    /// With a token: not before this node has what it stands for; if it does not come by itself, others are asked for it. Where every member has answered and none has it, it was lost with its node, or is
    /// with one that is no member now: nobody waits for that.
    /// </summary>
    private async Task<(IReadOnlyList<Bucket> Buckets, bool Reached)> ReadAsync(
        IReadOnlyList<int> of, EventualConsistency consistency, TimeSpan timeout, EventualToken written, CancellationToken ct)
    {
        var until = MonotonicClock.NowMs + (long)timeout.TotalMilliseconds;
        for (var round = 1; ; round++)
        {
            var (buckets, reached) = await eventual.ReadAsync(of, consistency, timeout);
            if (written.Changes.All(w => Has(of, buckets, w.Bucket, new Dot(new ReplicaId(w.Replica), w.Sequence)))) return (buckets, reached);
            if (MonotonicClock.NowMs >= until) return (buckets, false);
            if (round == 2 && await eventual.ReadAsync(of, EventualConsistency.All, EveryMemberWithin) is (var all, true)) return (all, true);
            if (consistency == EventualConsistency.Local) consistency = EventualConsistency.Majority;
            await Task.Delay(LookAgainAfter, ct);
        }
    }

    private static bool Has(IReadOnlyList<int> of, IReadOnlyList<Bucket> buckets, int bucket, Dot dot)
    {
        for (var i = 0; i < of.Count; i++)
            if (of[i] == bucket) return buckets[i].Context.Contains(dot);
        // Of another datum.
        return true;
    }

    public override Task<EventualValue> Update(UpdateEventualRequest request, ServerCallContext context)
    {
        Refusals.ThrowIf(EventualValidation.Check(request));
        var (kind, name) = Datum(request.Kind, request.Key);
        var update = new EventualUpdate(kind, name)
        {
            Increment = request.Increment, Add = request.Add, Remove = request.Remove, Value = request.Value, Set = request.Set.AsReadOnly(), Enable = request.Enable,
            RequestId = request.RequestId, IssuedAtMs = RequestIdTime.IssuedAtMs(request.RequestId),
        };
        return UpdateAsync(update, request.Kind, request.Key, request.Consistency, EventualValidation.TimeoutSeconds(request.HasTimeoutSeconds, request.TimeoutSeconds));
    }

    private async Task<EventualValue> UpdateAsync(EventualUpdate update, string kind, string key, EventualConsistency consistency, double timeoutSeconds)
    {
        var write = await eventual.UpdateAsync(update, consistency, TimeSpan.FromSeconds(timeoutSeconds));
        Refusals.ThrowIf(EventualAnswers.Refusal(write.Outcome, key));
        var found = !Kinds.IsSpread(update.Kind) && write.State is { } one
            ? AnyOf(EventualAnswers.ValueOf([one], update.Kind, update.Name))
            : await SpreadValueAsync(update);
        var token = EventualToken.Of(write.Seen.Select(s => (s.Bucket, s.Dot.Replica.Value, s.Dot.Sequence))).ToString();
        if (!write.Reached)
            throw new RefusedException(EventualAnswers.Partial($"'{key}' is updated on this node and will spread, but fewer nodes than asked had it within {timeoutSeconds} s", kind, key, found?.Value, token));
        return Answer(kind, key, found, consistency, token);
    }

    /// <summary>A large set is not told whole after each of its updates.</summary>
    private async Task<(Value? Value, int? Size)?> SpreadValueAsync(EventualUpdate update)
    {
        var (buckets, _) = await eventual.ReadAsync(Placing.BucketsOf(update.Kind, update.Name), EventualConsistency.Local, TimeSpan.FromSeconds(1));
        var size = buckets.Sum(b => b.Items.Keys.Count(i => i.IsElement && i.Name == update.Name));
        if (!EventualAnswers.FitsUpdate(buckets, update.Kind, update.Name, size)) return (null, size);
        return AnyOf(EventualAnswers.ValueOf(buckets, update.Kind, update.Name)) ?? (Nothing(update.Kind), 0);
    }

    private static (Value? Value, int? Size)? AnyOf((Value Value, int? Size)? found) => found;

    private static Value Nothing(Kind kind) => kind == Kind.Set ? Value.ForList() : Value.ForStruct(new Struct());

    public override async Task<DeleteEventualResponse> Delete(DeleteEventualRequest request, ServerCallContext context)
    {
        Refusals.ThrowIf(EventualValidation.Check(request));
        var (kind, name) = Datum(request.Kind, request.Key);
        var update = new EventualUpdate(kind, name) { Delete = true, RequestId = request.RequestId, IssuedAtMs = RequestIdTime.IssuedAtMs(request.RequestId) };
        var seconds = EventualValidation.TimeoutSeconds(request.HasTimeoutSeconds, request.TimeoutSeconds);
        var write = await eventual.UpdateAsync(update, request.Consistency, TimeSpan.FromSeconds(seconds));
        Refusals.ThrowIf(EventualAnswers.Refusal(write.Outcome, request.Key));
        var token = EventualToken.Of(write.Seen.Select(s => (s.Bucket, s.Dot.Replica.Value, s.Dot.Sequence))).ToString();
        if (!write.Reached)
            throw new RefusedException(EventualAnswers.Partial($"'{request.Key}' is deleted on this node and that will spread, but fewer nodes than asked had it within {seconds} s", request.Kind, request.Key, null, token));
        return new DeleteEventualResponse { Kind = request.Kind, Key = request.Key, Deleted = write.Existed || write.Outcome == UpdateOutcome.DoneBefore, Reached = request.Consistency, Token = token };
    }

    public override async Task<ListEventualResponse> List(ListEventualRequest request, ServerCallContext context)
    {
        Refusals.ThrowIf(EventualValidation.Check(request));
        _ = Kinds.TryParse(request.Kind, out var kind);
        var (all, _) = await eventual.ReadAsync([.. Enumerable.Range(0, Placing.Buckets)], EventualConsistency.Local, TimeSpan.FromSeconds(5));
        return EventualPages.Page(Reading.Names(all, kind, request.Prefix), request.After, request.HasLimit ? request.Limit : Limits.ListPageDefault);
    }

    public override async Task Watch(WatchEventualRequest request, IServerStreamWriter<EventualChange> responseStream, ServerCallContext context)
    {
        Refusals.ThrowIf(EventualValidation.Check(request));
        var (kind, name) = Datum(request.Kind, request.Key);
        var of = Placing.BucketsOf(kind, name);
        using var watch = await eventual.WatchAsync(of);
        EventualChange? last = null;
        try
        {
            while (true)
            {
                var (buckets, _) = await eventual.ReadAsync(of, EventualConsistency.Local, TimeSpan.FromSeconds(1));
                var now = new EventualChange { Kind = request.Kind, Key = request.Key };
                if (EventualAnswers.ValueOf(buckets, kind, name) is { } found) now.Value = found.Value;
                var changed = last is null || !Equals(last.Value, now.Value);
                if (changed) await responseStream.WriteAsync(last = now, context.CancellationToken);
                while (!await watch.WaitAsync(HeartbeatEvery, context.CancellationToken))
                    await responseStream.WriteAsync(new EventualChange(last) { Heartbeat = true }, context.CancellationToken);
            }
        }
        catch (System.Threading.Channels.ChannelClosedException)
        {
            throw new RefusedException(Refusals.Of(ErrorCode.Unavailable, "this node begins anew; watch on through another"));
        }
    }

    private static EventualValue Answer(string kind, string key, (Value? Value, int? Size)? found, EventualConsistency reached, string token)
    {
        var answer = new EventualValue { Kind = kind, Key = key, Reached = reached, Token = token };
        if (found?.Value is { } value) answer.Value = value;
        if (found?.Size is { } size) answer.Size = size;
        return answer;
    }

    private static (Kind Kind, string Name) Datum(string kind, string key)
    {
        _ = Kinds.TryParse(kind, out var parsed);
        return (parsed, Placing.NameOf(parsed, key));
    }
}
