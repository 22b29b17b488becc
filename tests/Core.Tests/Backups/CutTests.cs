using AkkaHa.Core.Backups;
using AkkaHa.Core.Entities;
using AkkaHa.Core.Tests.Entities;
using AkkaHa.Core.Tests.Transactions;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.Storage;
using AkkaHa.Messages.V1;
using Xunit;

namespace AkkaHa.Core.Tests.Backups;

/// <summary>One transaction that puts to keys a and b, seen at each of its moments: both have it, or none.</summary>
public sealed class CutTests
{
    private static readonly string T = CoordinatorVoteTests.T;

    private readonly Scenario slot = Scenario.Fresh(Make.Coordinator);
    private readonly Scenario a = Existing("a");
    private readonly Scenario b = Existing("b");

    private static Scenario Existing(string key) => Scenario.Given(EntityId.Key(key), [Scenario.Row(1, Make.Written(1, "old"))]);

    private void Start() => slot.When(CoordinatorVoteTests.Run(T));

    /// <summary>The row that says so.</summary>
    private long Prepare(Scenario key)
    {
        var prepare = slot.WhenTimePasses(2000).Sent.Select(s => s.Command).FirstOrDefault(c => c.Prepare is not null && c.Entity == key.Entity.Id.ToString());
        Assert.NotNull(prepare);
        key.When(prepare);
        return key.Entity.DurableSequenceNr;
    }

    /// <summary>What a backup has of both, and of the transaction.</summary>
    private (string A, string B, TransactionStatus.Types.Outcome? Outcome) Seen(RuleSwitches? rules = null)
    {
        var cut = new Cut(Scenario.StartMs, rules);
        var outcomes = cut.Take(slot.Entity.TakeSnapshot().Transactions, out var undecided).ToList();
        foreach (var started in undecided)
            if (cut.Decide(started, new[] { a, b }.ToDictionary(k => k.Entity.Id.ToString(), k => (ParticipantSnapshot?)k.Entity.TakeSnapshot().Key.Participant)) is { } outcome) outcomes.Add(outcome);
        var record = outcomes.SingleOrDefault()?.Record;
        return (Value(a), Value(b), record is null ? null : record.Committed is not null ? TransactionStatus.Types.Outcome.Committed : TransactionStatus.Types.Outcome.Aborted);

        string Value(Scenario key) => cut.KeyOf(key.Entity.Id, key.Entity.TakeSnapshot().Key)!.Value.ToStringUtf8();
    }

    private static string New(string key) => CoordinatorVoteTests.Run(T).RunTransaction.Then.Single(o => o.Put.Key == key).Put.Value.ToStringUtf8();

    [Fact]
    public void Begun_and_prepared_at_one_key_it_is_not_there()
    {
        Start();
        Assert.Equal(("old", "old", null), Seen());
        Prepare(a);
        Assert.Equal(("old", "old", null), Seen());
    }

    [Fact]
    public void Prepared_everywhere_it_is_there_though_no_decision_is_stored_since_its_caller_may_have_heard_of_it()
    {
        Start();
        Prepare(a);
        Prepare(b);
        Assert.Equal((New("a"), New("b"), TransactionStatus.Types.Outcome.Committed), Seen());
        Assert.Equal(("old", "old", null), Seen(RuleSwitches.AllOn with { CommitWithoutDecision = false }));
    }

    [Fact]
    public void Decided_and_applied_at_one_key_it_is_there_at_both()
    {
        Start();
        var (nrA, nrB) = (Prepare(a), Prepare(b));
        slot.When(Vote(a), Vote(b));
        Assert.Equal((New("a"), New("b"), TransactionStatus.Types.Outcome.Committed), Seen());
        a.When(Make.Commit(T, 1, nrA));
        Assert.Equal((New("a"), New("b"), TransactionStatus.Types.Outcome.Committed), Seen());
        b.When(Make.Commit(T, 1, nrB));
        Assert.Equal((New("a"), New("b"), TransactionStatus.Types.Outcome.Committed), Seen());
    }

    [Fact]
    public void What_a_decision_does_not_name_is_not_there()
    {
        Start();
        Prepare(a);
        Prepare(b);
        slot.When(Vote(a), Vote(b));
        // Another Prepared of the same transaction, that came late and is not the one that was counted.
        a.When(Make.Commit(T, 1, a.Entity.DurableSequenceNr));
        var late = Make.Prepare(T, then: Make.PutOp("late", "a"));
        a.When(late);
        Assert.Equal(New("a"), Seen().A);
    }

    [Fact]
    public void Of_an_outcome_its_participants_are_not_kept_and_it_is_settled()
    {
        Start();
        Prepare(a);
        Prepare(b);
        slot.When(Vote(a), Vote(b));
        var outcome = Assert.Single(new Cut(Scenario.StartMs).Take(slot.Entity.TakeSnapshot().Transactions, out _));
        Assert.True(outcome.Record.Settled);
        Assert.Empty(outcome.Record.Started.Participants);
        Assert.Empty(outcome.Record.Committed.Prepared);
    }

    [Fact]
    public void A_key_that_goes_with_a_session_has_gone_with_it()
    {
        var bound = new Cut(Scenario.StartMs).KeyOf(EntityId.Key("k"), new KeySnapshot { Value = Make.WrittenFor(4, "v", session: "4-s").KeyWritten })!;
        Assert.Equal((false, 5, 5), (bound.Present, bound.Revision, bound.HighestRevision));
        Assert.True(bound.Value.IsEmpty);
    }

    [Fact]
    public void Of_a_restored_key_the_revisions_that_were_left_out_are_known() =>
        Assert.Equal(99, new Cut(0).KeyOf(EntityId.Key("k"), new KeySnapshot { Value = new KeyWritten { Present = true, Revision = 7, RevisionFloor = 99 } })!.HighestRevision);

    [Fact]
    public void A_key_that_never_was_is_not_there() => Assert.Null(new Cut(0).KeyOf(EntityId.Key("k"), new KeySnapshot()));

    private static Command Vote(Scenario key) =>
        Make.From(key.Entity.Id, new Command { Vote = Held(key) });

    private static Vote Held(Scenario key)
    {
        var held = Assert.Single(key.Entity.TakeSnapshot().Key.Participant.Prepared);
        return new Vote
        {
            TransactionId = T, Attempt = 1, Kind = Messages.Internal.Vote.Types.Kind.Yes, PreparedSequenceNr = held.SequenceNr, PayloadHash = held.Prepared.PayloadHash, Then = held.Prepared.Then.Result, Else = held.Prepared.Else.Result,
        };
    }
}
