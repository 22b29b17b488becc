using AkkaHa.Core.Entities;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;

namespace AkkaHa.Core.Transactions;

/// <summary>
/// Commands about transactions that the slot does not know, while the table of older outcomes is asked. All that concerns one id waits for the same look-up, so that nothing is decided on it
/// meanwhile. In memory only: when this activation ends, its callers are told.
/// </summary>
internal sealed class LookUps
{
    private const long PatienceMs = Limits.OutcomeLookUpSeconds * 1000L;

    private sealed record LookUp(long Number, long UntilMs, List<(Command Command, Call Call)> Waiting);

    private readonly Dictionary<string, LookUp> open = new(StringComparer.Ordinal);
    private long lastNumber;
    private int waiting;

    public long? WakeAtMs => open.Count == 0 ? null : open.Values.Min(l => l.UntilMs);

    public bool IsOpen(string transactionId) => open.ContainsKey(transactionId);

    public void Wait(string transactionId, Command command, Call call, Turn turn)
    {
        if (waiting >= Limits.WaitingPerEntity)
        {
            NotAnswered(call, $"{Limits.WaitingPerEntity} requests wait for the table of older outcomes already", turn);
            return;
        }
        if (!open.TryGetValue(transactionId, out var lookUp))
        {
            open[transactionId] = lookUp = new LookUp(++lastNumber, turn.At.MonoMs + PatienceMs, []);
            turn.LookUp(lookUp.Number, transactionId);
        }
        lookUp.Waiting.Add((command, call));
        waiting++;
    }

    /// <summary>Those that waited for this look-up; none when it is over: an answer that comes late may be old.</summary>
    public IReadOnlyList<(Command Command, Call Call)> Take(OutcomeLookedUp answer)
    {
        if (!open.TryGetValue(answer.TransactionId, out var lookUp) || lookUp.Number != answer.Number) return [];
        open.Remove(answer.TransactionId);
        waiting -= lookUp.Waiting.Count;
        return lookUp.Waiting;
    }

    public void Tick(Turn turn)
    {
        foreach (var (id, lookUp) in open.Where(o => o.Value.UntilMs <= turn.At.MonoMs).ToArray())
            foreach (var (_, call) in Take(new OutcomeLookedUp { TransactionId = id, Number = lookUp.Number }))
                NotAnswered(call, $"the table of older outcomes did not answer within {Limits.OutcomeLookUpSeconds} s", turn);
    }

    /// <summary>Nothing was begun. A participant that asked hears nothing, and asks again.</summary>
    public static void NotAnswered(Call call, string why, Turn turn) => turn.AnswerForNow(call, Replies.Failure(ErrorCode.Unavailable, why));
}
