using AkkaHa.Core.Entities;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;

namespace AkkaHa.Core.Locks;

/// <summary>One who asks for a lock, and until when it may be let in.</summary>
internal sealed record Admission(Call Call, AcquireLockRequest Request, long UntilMs)
{
    public Share Share { get; } = Share.Of(Request.Mode, Request.Permits, Request.Limit);

    /// <summary>It takes no for an answer.</summary>
    public bool IsTry => Request.WaitSeconds <= 0;

    public string HolderId => HolderOf(Request, Call.RequestId);

    /// <summary>Who does not say as whom it holds is a holder for itself.</summary>
    public static string HolderOf(AcquireLockRequest request, string requestId) => request.HolderId.Length == 0 ? requestId : request.HolderId;
}

/// <summary>
/// Those whose session is being asked whether it is alive: nothing of them is stored yet. After a recovery, those too who would be told at once that the lock is held: by whom, only its rows say then,
/// and who is dead may hold it only because nobody has told the lock.
/// </summary>
internal sealed class Admissions(SessionLiveness liveness, LockQueue queue)
{
    private readonly List<Admission> waiting = [];

    /// <summary>Sessions that the rows name, of which this activation has not heard yet.</summary>
    private readonly HashSet<string> unheard = new(StringComparer.Ordinal);

    public bool IsEmpty => waiting.Count == 0;

    public long WakeAtMs => waiting.Count == 0 ? long.MaxValue : waiting.Min(a => a.UntilMs);

    public bool HasAnyOf(string sessionId) => waiting.Exists(a => a.Request.SessionId == sessionId);

    public Admission? Find(string requestId, string sessionId) => waiting.Find(a => a.Call.RequestId == requestId && a.Request.SessionId == sessionId);

    public void Remove(Admission admission) => waiting.Remove(admission);

    public void Recovered(IEnumerable<string> sessions) => unheard.UnionWith(sessions);

    public void Heard(string sessionId) => unheard.Remove(sessionId);

    /// <summary>Lets it in, at once if the session is known to be alive, else when the session has said so.</summary>
    public void Ask(Admission admission, Turn turn)
    {
        // First of all: it must not be let in beside an earlier attempt that stays here.
        if (waiting.Find(a => a.Call.RequestId == admission.Call.RequestId) is { } earlier)
        {
            if (!earlier.Call.PayloadHash.Equals(admission.Call.PayloadHash))
            {
                turn.AnswerForNow(admission.Call, LockReplies.OtherPayload());
                return;
            }
            if (WaitingCalls.IsLate(admission.Call, earlier.Call, turn)) return;
            waiting.Remove(earlier);
        }
        if (MayCome(admission, turn))
        {
            queue.Admit(admission, turn);
            return;
        }
        waiting.Add(admission);
        liveness.Ask(admission.Request.SessionId, turn);
    }

    public void GiveUpDue(Turn turn)
    {
        foreach (var one in waiting.Where(a => a.UntilMs <= turn.At.MonoMs).ToArray())
        {
            waiting.Remove(one);
            // What the rows say must do then.
            if (liveness.IsAlive(one.Request.SessionId, turn.At.MonoMs)) queue.Admit(one, turn);
            else turn.Answer(one.Call, Replies.Failure(ErrorCode.Unavailable, $"whether session '{one.Request.SessionId}' is alive could not be learnt in time"));
        }
    }

    /// <summary>The session lives, or has as many locks as it may have.</summary>
    public void Said(Liveness said, Turn turn)
    {
        Heard(said.SessionId);
        foreach (var one in waiting.Where(a => a.Request.SessionId == said.SessionId).ToArray())
        {
            if (!said.Full && !liveness.IsAlive(said.SessionId, turn.At.MonoMs))
            {
                liveness.Ask(said.SessionId, turn);
                return;
            }
            if (!said.Full && !MayCome(one, turn)) continue;
            waiting.Remove(one);
            if (said.Full)
                turn.Answer(one.Call, Replies.Failure(ErrorCode.LimitExceeded, $"session '{said.SessionId}' has {Limits.LocksPerSession} locks already, which is the limit"));
            else queue.Admit(one, turn);
        }
        AdmitTries(turn);
    }

    /// <summary>Of those whose session lives, all that wait for word of the holders', once it has come.</summary>
    public void AdmitTries(Turn turn)
    {
        if (unheard.Count > 0) return;
        foreach (var one in waiting.Where(a => a.IsTry && liveness.IsAlive(a.Request.SessionId, turn.At.MonoMs)).ToArray())
        {
            waiting.Remove(one);
            queue.Admit(one, turn);
        }
    }

    private bool MayCome(Admission admission, Turn turn) =>
        liveness.IsAlive(admission.Request.SessionId, turn.At.MonoMs) && !(admission.IsTry && unheard.Count > 0 && queue.WouldRefuse(admission));

    public void EndSession(string sessionId, Turn turn)
    {
        Heard(sessionId);
        foreach (var one in waiting.Where(a => a.Request.SessionId == sessionId).ToArray())
        {
            waiting.Remove(one);
            turn.Answer(one.Call, LockReplies.SessionGone(sessionId));
        }
    }
}
