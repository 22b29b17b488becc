using AkkaHa.Core.Entities;
using AkkaHa.Core.Transactions;
using AkkaHa.Messages.Storage;

namespace AkkaHa.Core.Locks;

/// <summary>A holder that is to go, once no intent rests on it.</summary>
internal sealed record Closing(long Fence, string Reason, Action<Turn> Then);

/// <summary>The ends of holdings that wait for the transactions that they guard.</summary>
internal sealed class Closings(LockBook book, Participant participant, LockQueue queue)
{
    private readonly List<Closing> waiting = [];

    public bool IsEmpty => waiting.Count == 0;

    public bool Has(long fence, string reason) => waiting.Exists(c => c.Fence == fence && c.Reason == reason);

    /// <summary>Ends a holding now, or when the intents on it are gone. Whoever comes second to a closing that waits gets his answer with it.</summary>
    public void Close(Closing closing, Turn turn)
    {
        waiting.Add(closing);
        Finish(turn);
    }

    public void Finish(Turn turn)
    {
        if (waiting.Count == 0 || participant.BlocksWrite("")) return;
        foreach (var closing in waiting.ToArray())
        {
            if (book.Holders.Any(h => h.Fence == closing.Fence))
                turn.Emit(new Event { LockReleased = new LockReleased { Fence = closing.Fence, Reason = closing.Reason } });
            closing.Then(turn);
        }
        waiting.Clear();
        queue.GrantNext(turn);
        participant.Pump(turn);
    }
}
