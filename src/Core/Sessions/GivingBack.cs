using AkkaHa.Core.Entities;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.Storage;
using AkkaHa.Messages.V1;

namespace AkkaHa.Core.Sessions;

/// <summary>The way back of an acquireAll that is not to be had, or is taken back: every lock that may have been asked has let go before anybody is told.</summary>
internal sealed class GivingBack(MultiLockBook book, RuleSwitches rules)
{
    private const long AgainMs = 1000;

    /// <summary>From now on it only goes back. Durable before any lock is told, so that no activation goes on with what another gives back.</summary>
    public void Begin(MultiLock work, Reply reply, uint upToAttempt, Turn turn)
    {
        book.Record(new Event { MultiLockUndoing = new MultiLockUndoing { RequestId = work.RequestId, Reply = reply, UpToAttempt = upToAttempt } }, turn);
        foreach (var leg in work.Legs)
        {
            leg.AskAgainAtMs = long.MaxValue;
            if (leg.MayBeAsked && rules.GiveAllBack) Ask(leg, turn);
            else leg.IsGivenBack = true;
        }
        Finish(work, turn);
    }

    /// <summary>Again and again, until the lock says that it has it.</summary>
    public static void Ask(MultiLockLeg leg, Turn turn)
    {
        leg.AskAgainAtMs = turn.At.MonoMs + AgainMs;
        turn.Send(leg.Lock, new Command { CancelLock = new CancelLockRequest { Name = leg.Wish.Name, SessionId = leg.Work.Started.SessionId, RequestId = leg.RequestId } });
    }

    /// <summary>This lock has it back.</summary>
    public void Done(MultiLockLeg leg, Turn turn)
    {
        (leg.IsGivenBack, leg.AskAgainAtMs) = (true, long.MaxValue);
        Finish(leg.Work, turn);
    }

    private void Finish(MultiLock work, Turn turn)
    {
        if (work.Legs.Any(l => !l.IsGivenBack)) return;
        var (undoing, caller) = (work.Undoing!, work.Caller);
        book.Record(new Event { MultiLockEnded = new MultiLockEnded { RequestId = work.RequestId } }, turn);
        // Whoever came meanwhile is told the same, and it stands for all that came before.
        turn.Settle(work.RequestId, undoing.Reply, Math.Max(Math.Max(undoing.UpToAttempt, work.LastAttempt), work.CancelledUpTo));
        if (caller is not null) turn.AnswerForNow(caller, undoing.Reply);
        foreach (var canceller in work.Cancellers) turn.Answer(canceller, MultiLockReplies.Cancelled(tookBack: true));
    }
}
