using AkkaHa.Core.Entities;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;

namespace AkkaHa.Core.Locks;

/// <summary>
/// What a lock knows of the sessions that have something to do with it. Alive is what the session slot said, for as long as it said, counted
/// from before it was asked; only the slot's own "not alive" is an end.
/// </summary>
internal sealed class SessionLiveness(RuleSwitches rules)
{
    private const long AskAgainMs = 500;
    private const long AskAtMostEveryMs = 50;
    private const long RecheckAtMostMs = 5000;
    private const int QuestionsPerMsBits = 10;

    // Who takes a lock again and again need not ask each time.
    private const long WordKeptMs = 1000;

    private sealed class Known
    {
        public long AskedAtMs { get; set; } = long.MinValue;

        public long SentAtMs { get; set; } = long.MinValue;

        public bool Unanswered { get; set; }

        public long AliveUntilMs { get; set; } = long.MinValue;

        public long AskNextAtMs { get; set; }

        /// <summary>The session has nothing here any more, and its word is kept until then; null: it has.</summary>
        public long? ForgetAtMs { get; set; }

        /// <summary>The slot allows it.</summary>
        public bool MayBeKept { get; set; }

        /// <summary>The first question without an answer.</summary>
        public ulong FirstQuestion { get; set; }
    }

    private readonly Dictionary<string, Known> sessions = new(StringComparer.Ordinal);
    private ulong lastQuestion;

    public IEnumerable<string> Sessions => sessions.Keys;

    /// <summary>The number of the last question, to whichever session.</summary>
    public ulong LastQuestion => lastQuestion;

    public long? WakeAtMs => sessions.Count == 0 ? null : sessions.Values.Min(k => k.ForgetAtMs ?? k.AskNextAtMs);

    public bool IsAlive(string sessionId, long nowMs) => sessions.TryGetValue(sessionId, out var known) && known.AliveUntilMs > nowMs;

    /// <summary>What a fence guards is certain only then: the end of a session may have been told to an activation that is gone.</summary>
    public bool MayGuard(string sessionId, long nowMs) => IsAlive(sessionId, nowMs) || !rules.LivenessAtGuard;

    /// <summary>Alive at this moment: nobody else is given anything.</summary>
    public bool MayBeGranted(string sessionId, long nowMs) => IsAlive(sessionId, nowMs) || (!rules.LivenessAtGrant && sessions.ContainsKey(sessionId));

    /// <summary>Asks, unless an answer is on its way.</summary>
    public void Ask(string sessionId, Turn turn)
    {
        if (!sessions.TryGetValue(sessionId, out var known)) sessions[sessionId] = known = new Known();
        else if (known.Unanswered && known.AskNextAtMs > turn.At.MonoMs) return;
        else if (turn.At.MonoMs < known.SentAtMs + AskAtMostEveryMs)
        {
            // A session at its very end has nothing left to promise: no use in asking all the time.
            known.AskNextAtMs = Math.Min(known.AskNextAtMs, known.SentAtMs + AskAtMostEveryMs);
            return;
        }
        // They begin at the time, so that what an earlier activation asked was never asked by this one.
        lastQuestion = Math.Max(lastQuestion + 1, (ulong)Math.Max(0, turn.At.WallMs) << QuestionsPerMsBits);
        // The first question without an answer counts: a late answer to it must not be taken for one to a later question.
        if (!known.Unanswered) (known.AskedAtMs, known.FirstQuestion) = (turn.At.MonoMs, lastQuestion);
        known.Unanswered = true;
        known.SentAtMs = turn.At.MonoMs;
        // While its word holds, nobody waits for another: where the slot has much to do, it must not be asked twice.
        known.AskNextAtMs = turn.At.MonoMs + (known.AliveUntilMs > turn.At.MonoMs ? Math.Clamp((known.AliveUntilMs - turn.At.MonoMs) / 2, AskAgainMs, RecheckAtMostMs) : AskAgainMs);
        if (SessionId.TryParse(sessionId, out var id)) turn.SendAtOnce(id.Entity, new Command { AskLiveness = new AskLiveness { SessionId = sessionId, Question = lastQuestion } });
    }

    /// <summary>Whether it answers a question that was answered before, or that an earlier activation asked. It says how things were, and counts from a time that is forgotten.</summary>
    public bool IsLate(Liveness said) =>
        said.Question != 0 && sessions.TryGetValue(said.SessionId, out var known) && (said.Question < known.FirstQuestion || said.Question > lastQuestion);

    /// <summary>The slot's word that it lives.</summary>
    public void Alive(Liveness said, long nowMs)
    {
        if (!sessions.TryGetValue(said.SessionId, out var known) || !known.Unanswered) return;
        known.Unanswered = false;
        known.MayBeKept = said.KeepWord;
        // Both are promises: an answer to an earlier question does not take back what was said since.
        known.AliveUntilMs = Math.Max(known.AliveUntilMs, known.AskedAtMs + said.RemainingMs);
        known.AskNextAtMs = nowMs + Math.Clamp((known.AliveUntilMs - nowMs) / 2, AskAgainMs, Math.Max(RecheckAtMostMs, said.RecheckMs));
    }

    /// <summary>What it said before does not count any more, however long it was to.</summary>
    public void Ended(string sessionId)
    {
        if (!sessions.TryGetValue(sessionId, out var known)) return;
        known.AliveUntilMs = long.MinValue;
        // Whoever asks now has nothing to rely on.
        known.AskNextAtMs = Math.Min(known.AskNextAtMs, Math.Max(known.SentAtMs, 0) + AskAgainMs);
    }

    public void AskDue(Turn turn)
    {
        foreach (var (sessionId, known) in sessions)
            if (known.ForgetAtMs is null && known.AskNextAtMs <= turn.At.MonoMs) Ask(sessionId, turn);
    }

    /// <summary>The session has something here.</summary>
    public void Needs(string sessionId) => sessions[sessionId].ForgetAtMs = null;

    /// <summary>It has nothing here, and may have again in a moment: whether its word is kept for that. The slot goes on counting it among those that it tells of the end.</summary>
    public bool Keeps(string sessionId, long nowMs)
    {
        var known = sessions[sessionId];
        if (!known.MayBeKept || known.AliveUntilMs <= nowMs) return false;
        known.ForgetAtMs ??= nowMs + WordKeptMs;
        return known.ForgetAtMs > nowMs;
    }

    /// <summary>Whether the word of a session is kept that has nothing here.</summary>
    public bool KeepsAny => sessions.Values.Any(k => k.ForgetAtMs is not null);

    public void Forget(string sessionId) => sessions.Remove(sessionId);
}
