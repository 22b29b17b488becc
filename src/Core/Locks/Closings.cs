using AkkaHa.Core.Entities;
using AkkaHa.Core.Transactions;
using AkkaHa.Messages.Storage;

namespace AkkaHa.Core.Locks;

/// <summary>Holdings that are to end, once no intent rests on the lock.</summary>
internal sealed record Closing(IReadOnlyList<long> Fences, string Reason, Action<Turn> Then)
{
    /// <summary>Asked when its time has come: false, and it says so itself, when these holdings are to go on after all.</summary>
    public Func<Turn, bool> IsStillMeant { get; init; } = _ => true;
}

/// <summary>The ends of holdings that wait for the transactions that they guard.</summary>
internal sealed class Closings(LockBook book, RuleSwitches rules, Participant participant, LockQueue queue, Upgrades upgrades, Losses untold)
{
    private readonly List<Closing> waiting = [];

    public bool IsEmpty => waiting.Count == 0;

    public bool IsEnding(long fence) => waiting.Exists(c => c.Fences.Contains(fence));

    public bool Has(long fence, string reason) => waiting.Exists(c => c.Reason == reason && c.Fences.Contains(fence));

    /// <summary>Ends holdings now, or when the intents are gone. Whoever comes second to a closing that waits gets his answer with it.</summary>
    public void Close(Closing closing, Turn turn)
    {
        waiting.Add(closing);
        Finish(turn);
    }

    /// <summary>All that wait at once, and then whoever is next: one row.</summary>
    public void Finish(Turn turn)
    {
        if (waiting.Count == 0 || (rules.PinBeforeRelease && participant.BlocksWrite(""))) return;
        var losses = book.Losses.Count;
        foreach (var closing in waiting.ToArray())
        {
            if (!closing.IsStillMeant(turn)) continue;
            foreach (var fence in closing.Fences)
                if (book.Holding(fence) is { } holder) End(holder, closing.Reason, turn);
            closing.Then(turn);
        }
        waiting.Clear();
        if (book.Losses.Count > losses) untold.Tell(turn);
        queue.GrantNext(turn);
        participant.Pump(turn);
    }

    private void End(Holder holder, string reason, Turn turn)
    {
        upgrades.HoldingEnds(holder.Fence, turn);
        turn.Emit(new Event
        {
            LockReleased = new LockReleased
            {
                Fence = holder.Fence, Reason = reason, Free = book.Holders.Count == 1 && book.Queue.Count == 0,
                SessionId = holder.SessionId, HolderId = holder.HolderId, Mode = holder.Share.Mode,
            },
        });
    }
}
