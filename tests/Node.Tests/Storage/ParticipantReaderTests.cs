using AkkaHa.Core.Entities;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.Storage;
using AkkaHa.Node.Entities;
using AkkaHa.Node.Outcomes;
using AkkaHa.Node.Ownership;
using AkkaHa.Node.Tests.Ownership;
using Google.Protobuf;
using Xunit;

namespace AkkaHa.Node.Tests.Storage;

/// <summary>What a lost participant's rows say, as both databases have them.</summary>
[Collection(nameof(OwnershipCollection))]
public sealed class ParticipantReaderTests(OwnershipFixture fixture)
{
    private static readonly TransactionStarted Started = new() { TransactionId = "t", Attempt = 1, TimestampMs = 77 };

    private static readonly Prepared Prepared = new() { TransactionId = "t", Attempt = 1, TimestampMs = 77, Coordinator = "txn/1", Then = new PreparedBranch(), Else = new PreparedBranch() };

    private readonly EntityId key = EntityId.Key($"lost/{Guid.NewGuid():N}");

    public static TheoryData<string> Providers => OutcomeStoreTests.Providers;

    private static Envelope Row(params Event[] events) => new() { Schema = 1, Epoch = 1, Events = { events } };

    private async Task StoreAsync(string provider, string table, long number, byte[] bytes, string manifest)
    {
        await using var connection = await fixture.Open(provider).OpenJournalAsync(default);
        await using var command = connection.Command(null, table == "journal"
            ? "INSERT INTO journal (persistence_id, sequence_number, created, message, manifest, identifier) VALUES (@id, @number, 0, @bytes, @manifest, 4117)"
            : "INSERT INTO snapshot (persistence_id, sequence_number, created, snapshot, manifest, serializer_id) VALUES (@id, @number, 0, @bytes, @manifest, 4117)",
            ("id", key.ToString()), ("number", number), ("bytes", bytes), ("manifest", manifest));
        await command.ExecuteNonQueryAsync();
    }

    private Task RowAsync(string provider, long number, params Event[] events) => StoreAsync(provider, "journal", number, Row(events).ToByteArray(), EntitySerializer.EnvelopeManifest);

    private Task<ParticipantRead> ReadAsync(string provider) => ParticipantReader.ReadAsync(fixture.Open(provider), new ReadParticipantEffect(9, key, Started));

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task Rows_say_what_it_would_have_voted(string provider)
    {
        Assert.Equal(Vote.Types.Kind.Refused, (await ReadAsync(provider)).Vote.Kind);
        await RowAsync(provider, 1, new Event { Claimed = new Claimed() });
        Assert.Equal(Vote.Types.Kind.Refused, (await ReadAsync(provider)).Vote.Kind);
        await RowAsync(provider, 2, new Event { Prepared = Prepared });
        await RowAsync(provider, 4, new Event { Claimed = new Claimed() });
        var read = await ReadAsync(provider);
        Assert.Equal((9, Vote.Types.Kind.Yes, 2L), (read.Number, read.Vote.Kind, read.Vote.PreparedSequenceNr));
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task What_can_not_be_read_is_told_with_its_reason(string provider)
    {
        await RowAsync(provider, 1);
        await StoreAsync(provider, "journal", 2, [0xff, 0xff, 0xff], EntitySerializer.EnvelopeManifest);
        Assert.StartsWith("row 2:", (await ReadAsync(provider)).Unreadable, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task A_row_of_another_kind_is_told_too(string provider)
    {
        await StoreAsync(provider, "journal", 1, Row().ToByteArray(), "e2");
        Assert.Equal("row 1 has the manifest 'e2'", (await ReadAsync(provider)).Unreadable);
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task The_newest_snapshot_counts_and_rows_are_missing_only_after_it(string provider)
    {
        var snapshot = new Snapshot { Schema = 1, Key = new KeySnapshot { Participant = new ParticipantSnapshot { Prepared = { new StoredPrepared { SequenceNr = 5, Prepared = Prepared } } } } };
        await StoreAsync(provider, "snapshot", 3, new Snapshot { Schema = 1, Key = new KeySnapshot() }.ToByteArray(), EntitySerializer.SnapshotManifest);
        await RowAsync(provider, 6);
        Assert.Contains("rows are missing", (await ReadAsync(provider)).Unreadable, StringComparison.Ordinal);
        await StoreAsync(provider, "snapshot", 5, snapshot.ToByteArray(), EntitySerializer.SnapshotManifest);
        Assert.Equal(5, (await ReadAsync(provider)).Vote.PreparedSequenceNr);
    }
}
