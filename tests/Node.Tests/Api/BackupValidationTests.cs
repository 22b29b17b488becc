using AkkaHa.Core.Entities;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.Storage;
using AkkaHa.Messages.V1;
using AkkaHa.Node.Api.Backups;
using Google.Protobuf;
using Xunit;

namespace AkkaHa.Node.Tests.Api;

/// <summary>A file may be whole and still hold what no backup has written.</summary>
public sealed class BackupValidationTests
{
    private static readonly ByteString Broken = ByteString.CopyFrom(0x0a, 0xff);
    private static readonly ByteString Committed = new StoredTransaction { Committed = new TransactionCommitted() }.ToByteString();

    private static Failure? Check(BackupRecord record) => BackupValidation.Check(new RestoreRequest { BackupId = "b", Records = { record } });

    private static BackupRecord Outcome(string id, ByteString record) => new() { Outcome = new BackupOutcome { TransactionId = id, Record = record } };

    [Fact]
    public void An_outcome_as_it_is_stored_passes() => Assert.Null(Check(Outcome("guarded:r", Committed)));

    [Fact]
    public void Bytes_that_can_not_be_read_are_refused_by_name_and_are_no_fault_of_the_database()
    {
        foreach (var (record, field) in new[]
        {
            (Outcome("t", Broken), "records[0].record"), (Outcome("t", ByteString.Empty), "records[0].record"),
            (new BackupRecord { Bucket = new BackupBucket { State = Broken } }, "records[0].state"),
        })
        {
            var refusal = Check(record)!;
            Assert.Equal(ErrorCode.InvalidArgument, refusal.Code);
            Assert.Contains(field, refusal.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void An_id_is_guarded_once_and_no_longer_than_others() => Assert.NotNull(Check(Outcome("guarded:" + new string('x', 300), Committed)));

    [Fact]
    public void What_was_given_up_is_not_called_aborted()
    {
        Assert.Equal("aborted", Of(new TransactionAborted()));
        Assert.Equal("unknown", Of(new TransactionAborted { Without = "kv/a" }));
        Assert.Equal("unknown", Of(new TransactionAborted { Forgotten = true }));
        static string Of(TransactionAborted aborted) => new ArchivedOutcome("t", new StoredTransaction { Aborted = aborted }, 0).Outcome;
    }
}
