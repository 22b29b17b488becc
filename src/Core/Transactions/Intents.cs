using AkkaHa.Core.Entities;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.Storage;

namespace AkkaHa.Core.Transactions;

/// <summary>A transaction that is prepared here, and the row that says so.</summary>
internal sealed record HeldPrepared(Prepared Prepared, long SequenceNr)
{
    public Age Age => new(Prepared.TimestampMs, Prepared.TransactionId);

    public PreparedBranch Branch(bool then) => then ? Prepared.Then : Prepared.Else;
}

/// <summary>What keeps a Prepare from being taken.</summary>
internal enum InTheWay
{
    /// <summary>Nothing.</summary>
    Nobody,

    /// <summary>It may wait for as long as it takes.</summary>
    YoungerOnes,

    /// <summary>At least one that is not younger.</summary>
    AnOlderOne,
}

/// <summary>
/// Who holds intents at one participant, who waits for them, and who is in whose way. Wait-die: only an older one waits for younger ones, and nobody for an older for longer than <see cref="ShortWaits"/> let it, so that no cycle lasts.
/// What is held comes from rows; who waits is in memory only.
/// </summary>
internal sealed class Intents(IParticipantHost host, RuleSwitches rules)
{
    private readonly Dictionary<string, HeldPrepared> held = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Command> waiting = new(StringComparer.Ordinal);

    public bool IsEmpty => held.Count == 0 && waiting.Count == 0;

    public bool AnyWaits => waiting.Count > 0;

    public IReadOnlyDictionary<string, HeldPrepared> Held => held;

    /// <summary>There is no room for another that waits.</summary>
    public bool IsFull => waiting.Count >= Limits.WaitingPerEntity;

    public bool Has(string resource) => held.Values.Any(h => h.Prepared.Intents.Any(i => i.Resource == resource));

    public bool HasExclusive(string resource) => held.Values.Any(h => h.Prepared.Intents.Any(i => i.Resource == resource && i.Exclusive));

    /// <summary>False: it is held already.</summary>
    public bool TryHold(HeldPrepared one) => held.TryAdd(one.Prepared.TransactionId, one);

    public HeldPrepared? LetGo(string transactionId) => held.Remove(transactionId, out var was) ? was : null;

    public static Age AgeOf(Command command) => new(command.Prepare.TimestampMs, command.Prepare.TransactionId);

    /// <summary>A later attempt of it waits than this.</summary>
    public bool LaterWaits(string transactionId, uint attempt) => waiting.TryGetValue(transactionId, out var queued) && queued.Prepare.Attempt > attempt;

    /// <summary>Waits in place of its earlier attempt, if that waits.</summary>
    /// <returns>Whether it did not wait before.</returns>
    public bool Wait(Command command)
    {
        var isNew = !waiting.ContainsKey(command.Prepare.TransactionId);
        waiting[command.Prepare.TransactionId] = command;
        return isNew;
    }

    public bool StopWaiting(string transactionId) => waiting.Remove(transactionId);

    public Command? TakeWaiting(string transactionId) => waiting.Remove(transactionId, out var command) ? command : null;

    /// <summary>The same up to this attempt: a later one waits on.</summary>
    /// <returns>Whether it did wait.</returns>
    public bool StopWaiting(string transactionId, uint upToAttempt) =>
        waiting.TryGetValue(transactionId, out var queued) && queued.Prepare.Attempt <= upToAttempt && waiting.Remove(transactionId);

    /// <summary>Those that wait, the oldest first.</summary>
    public IReadOnlyList<Command> Waiting() => [.. waiting.Values.OrderBy(AgeOf)];

    /// <summary>Who has what this Prepare needs: holders, and older ones that wait already (they must not be overtaken for ever).</summary>
    public InTheWay InTheWayOf(Prepare prepare, IReadOnlyList<Intent> intents)
    {
        if (!rules.IntentBlocking) return InTheWay.Nobody;
        var mine = new Age(prepare.TimestampMs, prepare.TransactionId);
        var found = InTheWay.Nobody;
        foreach (var other in held.Values)
        {
            if (other.Prepared.TransactionId == prepare.TransactionId || !Conflict(intents, other.Prepared.Intents, withClosing: true)) continue;
            if (!mine.IsOlderThan(other.Age)) return InTheWay.AnOlderOne;
            found = InTheWay.YoungerOnes;
        }
        foreach (var command in waiting.Values)
            if (AgeOf(command).IsOlderThan(mine) && Conflict(intents, host.IntentsOf(command.Prepare), withClosing: false)) return InTheWay.AnOlderOne;
        return found;
    }

    /// <summary>When a holder changes, the younger that wait behind it wait no more, but for those that may: waiting without end, they would be part of a cycle some day.</summary>
    public IReadOnlyList<Command> TakeYoungerBehind(string transactionId, Predicate<Prepare> mayStay)
    {
        var holder = held[transactionId];
        var behind = waiting.Values.Where(c => holder.Age.IsOlderThan(AgeOf(c)) && Conflict(host.IntentsOf(c.Prepare), holder.Prepared.Intents, withClosing: true) && !mayStay(c.Prepare)).ToArray();
        foreach (var command in behind) waiting.Remove(command.Prepare.TransactionId);
        return behind;
    }

    private bool Conflict(IReadOnlyList<Intent> wanted, IReadOnlyList<Intent> there, bool withClosing)
    {
        foreach (var want in wanted)
            foreach (var have in there)
                if (want.Resource == have.Resource && (want.Exclusive || have.Exclusive || (withClosing && host.IsClosing(want.Resource)))) return true;
        return false;
    }
}
