using AkkaHa.Core.Entities;
using AkkaHa.Messages;
using AkkaHa.Messages.V1;

namespace AkkaHa.Core.Locks;

/// <summary>
/// The calls of those who wait for a lock, in memory: open until they are answered, and afterwards remembered, because a place is kept for a while for
/// whoever comes again with the same request.
/// </summary>
internal sealed class WaitingCalls
{
    /// <summary>How long whoever is next keeps its place without an open call.</summary>
    private const long NoCallMs = 5000;

    /// <summary>How long one further back keeps it: else those who gave up would fill the queue for as long as the lock is held.</summary>
    private const long NoCallInQueueMs = Limits.OutcomeSeconds * 1000L;

    private sealed record OpenCall(Call Call, long UntilMs);

    private sealed record ClosedCall(long AtMs, uint Attempt);

    private readonly Dictionary<string, OpenCall> open = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ClosedCall> closed = new(StringComparer.Ordinal);

    /// <summary>When something is due, whoever is next: a call's waiting time is over, or a place is lost.</summary>
    public long WakeAtMs
    {
        get
        {
            var wake = long.MaxValue;
            foreach (var call in open.Values) wake = Math.Min(wake, call.UntilMs);
            foreach (var call in closed.Values) wake = Math.Min(wake, call.AtMs + NoCallInQueueMs);
            return wake;
        }
    }

    /// <summary>When this one, who is next, loses its place; <see cref="long.MaxValue"/> while its call is open.</summary>
    public long LosesHeadAtMs(string requestId) => closed.TryGetValue(requestId, out var call) ? call.AtMs + NoCallMs : long.MaxValue;

    /// <summary>The call that would hear of a grant; null: there is none.</summary>
    public Call? Of(string requestId) => open.GetValueOrDefault(requestId)?.Call;

    /// <summary>The last attempt that came; null when that is not known, since it came to an earlier activation.</summary>
    public uint? LastAttempt(string requestId) =>
        open.TryGetValue(requestId, out var call) ? call.Call.Attempt : closed.TryGetValue(requestId, out var gone) && gone.Attempt > 0 ? gone.Attempt : null;

    public void Open(Call call, long untilMs)
    {
        open[call.RequestId] = new OpenCall(call, untilMs);
        closed.Remove(call.RequestId);
    }

    /// <summary>It waits from an earlier activation, whose calls are gone.</summary>
    public void Recovered(string requestId, long nowMs) => closed[requestId] = new ClosedCall(nowMs, 0);

    public void Forget(string requestId)
    {
        open.Remove(requestId);
        closed.Remove(requestId);
    }

    /// <summary>The calls whose waiting time is over. They are closed by that, and to be answered.</summary>
    public IReadOnlyList<Call> CloseDue(long nowMs)
    {
        Call[] due = [.. open.Values.Where(c => c.UntilMs <= nowMs).Select(c => c.Call)];
        foreach (var call in due)
        {
            open.Remove(call.RequestId);
            closed[call.RequestId] = new ClosedCall(nowMs, call.Attempt);
        }
        return due;
    }

    public bool HasLostPlace(string requestId, long nowMs) => closed.TryGetValue(requestId, out var call) && call.AtMs + NoCallInQueueMs <= nowMs;

    /// <summary>Whether whoever is next, without an open call, may still come for its place.</summary>
    public bool MayCome(string requestId, long nowMs) => closed.TryGetValue(requestId, out var call) && call.AtMs + NoCallMs > nowMs;

    /// <summary>A call of a request that waits already takes the earlier one's place, unless it is the late one of the two.</summary>
    public bool Rejoin(Call call, long untilMs, Turn turn)
    {
        if (open.TryGetValue(call.RequestId, out var earlier) && IsLate(call, earlier.Call, turn)) return false;
        if (closed.TryGetValue(call.RequestId, out var gone) && call.Attempt < gone.Attempt)
        {
            // The client has had its answer to a later one, and nobody would hear a grant.
            turn.AnswerForNow(call, Replies.Failure(ErrorCode.OutcomeUnknown, "a later attempt of the same request was answered already"));
            return false;
        }
        Open(call, untilMs);
        return true;
    }

    /// <summary>Of two calls of one request the later attempt goes on; the other is told that it does not count any more.</summary>
    public static bool IsLate(Call call, Call earlier, Turn turn)
    {
        var late = call.Attempt < earlier.Attempt;
        turn.AnswerForNow(late ? call : earlier, Replies.Failure(ErrorCode.OutcomeUnknown, "the same request was sent again and waits in this one's place"));
        return late;
    }
}
