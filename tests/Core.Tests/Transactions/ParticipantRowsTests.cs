using AkkaHa.Core.Tests.Entities;
using AkkaHa.Core.Transactions;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.Storage;
using Google.Protobuf;
using Xunit;

namespace AkkaHa.Core.Tests.Transactions;

/// <summary>What rows say of one attempt, read by another than their owner.</summary>
public sealed class ParticipantRowsTests
{
    private static readonly TransactionStarted Started = new() { TransactionId = "t", Attempt = 2, TimestampMs = 77, PayloadHash = ByteString.CopyFromUtf8("payload") };

    private static Event Prepared(uint attempt = 2, long timestampMs = 77, string id = "t", string payload = "payload") => new()
    {
        Prepared = new Prepared { TransactionId = id, Attempt = attempt, TimestampMs = timestampMs, PayloadHash = ByteString.CopyFromUtf8(payload), Coordinator = "txn/1", Then = new PreparedBranch { Result = new BranchResult() }, Else = new PreparedBranch { Result = new BranchResult() } },
    };

    private static Envelope Row(params Event[] events) => Scenario.Row(1, events);

    private static ParticipantRead Read(long highest, params (long Number, Envelope Row)[] rows)
    {
        var read = new ParticipantRows(Started);
        foreach (var (number, row) in rows) read.Add(number, row);
        return read.Read(5, highest);
    }

    private static Vote.Types.Kind? Kind(ParticipantRead read) => read.Vote?.Kind;

    [Fact]
    public void A_prepared_of_that_attempt_is_a_yes_with_its_row()
    {
        var read = Read(3, (1, Row(Prepared(attempt: 1))), (2, Row(Prepared())), (3, Row()));
        Assert.Equal((5, Vote.Types.Kind.Yes, 2L, 2u), (read.Number, read.Vote.Kind, read.Vote.PreparedSequenceNr, read.Vote.Attempt));
    }

    [Fact]
    public void Another_attempt_another_transaction_and_another_payload_are_none() =>
        Assert.Equal(Vote.Types.Kind.Refused, Kind(Read(3, (1, Row(Prepared(attempt: 1))), (2, Row(Prepared(id: "u"))), (3, Row(Prepared(payload: "other"))))));

    /// <summary>It was prepared for a start that was never stored; the next start has the same attempt and a time of its own, and the participant's vote on it is yes.</summary>
    [Fact]
    public void One_that_an_earlier_start_of_the_same_attempt_prepared_is_a_yes() =>
        Assert.Equal((Vote.Types.Kind.Yes, 2L), (Kind(Read(3, (1, Row()), (2, Row(Prepared(timestampMs: 40))), (3, Row()))), Read(2, (1, Row()), (2, Row(Prepared(timestampMs: 40)))).Vote.PreparedSequenceNr));

    [Fact]
    public void What_has_ended_is_none()
    {
        foreach (var end in (Event[])[new() { Applied = new Applied { TransactionId = "t" } }, new() { Discarded = new Discarded { TransactionId = "t" } }, new() { AttemptDropped = new AttemptDropped { TransactionId = "t", Attempt = 2 } }, new() { Refused = new Refused { TransactionId = "t", Attempt = 3 } }])
            Assert.Equal(Vote.Types.Kind.Refused, Kind(Read(2, (1, Row(Prepared(timestampMs: 40))), (2, Row(end)))));
        Assert.Equal(Vote.Types.Kind.Yes, Kind(Read(2, (1, Row(Prepared())), (2, Row(new Event { Applied = new Applied { TransactionId = "u" } })))));
    }

    [Fact]
    public void Where_rows_are_missing_one_of_another_time_may_have_ended() => Assert.NotEmpty(Read(3, (1, Row(Prepared(timestampMs: 40))), (3, Row())).Unreadable);

    [Fact]
    public void No_rows_at_all_are_a_no() => Assert.Equal(Vote.Types.Kind.Refused, Kind(Read(0)));

    [Fact]
    public void Rows_with_a_gap_are_no_proof_that_there_is_none()
    {
        Assert.Contains("rows are missing", Read(3, (1, Row()), (3, Row())).Unreadable, StringComparison.Ordinal);
        Assert.NotEmpty(Read(3, (1, Row()), (2, Row())).Unreadable);
        Assert.NotEmpty(Read(2, (2, Row())).Unreadable);
    }

    [Fact]
    public void One_that_prepared_it_is_enough_whatever_else_is_missing() => Assert.Equal(Vote.Types.Kind.Yes, Kind(Read(9, (4, Row(Prepared())), (8, Row()))));

    [Fact]
    public void Rows_of_a_newer_version_are_no_proof_that_there_is_none()
    {
        Assert.NotEmpty(Read(1, (1, new Envelope { Schema = 99, Epoch = 1 })).Unreadable);
        Assert.NotEmpty(Read(1, (1, Row(new Event()))).Unreadable);
    }

    [Fact]
    public void A_snapshot_says_what_the_rows_below_it_did()
    {
        var rows = new ParticipantRows(Started);
        rows.Add(6, new Snapshot { Schema = 1, Key = new KeySnapshot { Participant = new ParticipantSnapshot { Prepared = { new StoredPrepared { SequenceNr = 4, Prepared = Prepared().Prepared } } } } });
        rows.Add(7, Row());
        Assert.Equal(4, rows.Read(1, 7).Vote.PreparedSequenceNr);

        var without = new ParticipantRows(Started);
        without.Add(6, new Snapshot { Schema = 1, Lock = new LockSnapshot() });
        without.Add(5, Row(Prepared()));
        without.Add(7, Row());
        Assert.Equal(Vote.Types.Kind.Refused, Kind(without.Read(1, 7)));
        Assert.NotEmpty(without.Read(1, 8).Unreadable);
    }
}
