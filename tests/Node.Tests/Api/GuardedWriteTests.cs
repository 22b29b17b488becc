using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;
using Google.Protobuf;
using Xunit;
using static AkkaHa.Messages.V1.TransactionStatus.Types;

namespace AkkaHa.Node.Tests.Api;

public sealed class GuardedWriteTests : IClassFixture<ApiHost>
{
    private const string Session = "7-01890a5d-ac96-774b-bcce-b302099a8057";
    private const string Put = """{"value":"b24=","lock":"l/1","fence":"17","requestId":"r"}""";
    private const string PutAtRevision = """{"value":"b24=","lock":"l/1","fence":"17","ifRevision":"3","requestId":"r"}""";
    private readonly ApiHost host;

    public GuardedWriteTests(ApiHost host)
    {
        this.host = host;
        host.Reset();
    }

    [Fact]
    public async Task A_guarded_put_is_a_transaction_under_the_request_id()
    {
        Answer(new TransactionResult { Outcome = Outcome.Committed, ConditionsHeld = true, ConditionResults = { true }, Results = { new OperationResult { Key = "k", Revision = 5 } } });

        var json = await host.JsonAsync("PUT /v1/kv/k", """{"value":"b24=","lock":"l/1","fence":"17","requestId":"r","attempt":3}""");

        Assert.Equal("""{"key":"k","revision":"5"}""", json);
        var command = host.Entities.OnlyCommand;
        Assert.Equal(host.Entities.Shards.TransactionSlotOf("guarded:r").ToString(), command.Entity);
        Assert.Equal(("", 3u, 15_000u), (command.RequestId, command.Attempt, command.TimeoutMs));
        Assert.Equal(
            new TransactionRequest
            {
                TransactionId = "guarded:r",
                DeadlineSeconds = 10,
                Conditions = { new Condition { Lock = "l/1", Fence = 17 } },
                Then = { new Operation { Put = new PutOperation { Key = "k", Value = ByteString.CopyFromUtf8("on") } } },
            },
            command.RunTransaction);
    }

    [Fact]
    public async Task A_guarded_delete_answers_like_a_delete()
    {
        Answer(new TransactionResult { Outcome = Outcome.Committed, ConditionsHeld = true, ConditionResults = { true, true }, Results = { new OperationResult { Key = "k", Revision = 5, Deleted = true } } });

        var json = await host.JsonAsync("DELETE /v1/kv/k?lock=l/1&fence=17&ifRevision=4");

        Assert.Equal("""{"key":"k","revision":"5","deleted":true}""", json);
        var transaction = host.Entities.OnlyCommand.RunTransaction;
        Assert.Equal([new Condition { Lock = "l/1", Fence = 17 }, new Condition { Key = "k", Revision = 4 }], transaction.Conditions);
        Assert.Equal([new Operation { Delete = new DeleteOperation { Key = "k" } }], transaction.Then);
    }

    [Fact]
    public async Task Revision_0_is_the_condition_that_the_key_is_absent()
    {
        Answer(new TransactionResult { Outcome = Outcome.Committed, ConditionsHeld = true, Results = { new OperationResult { Revision = 1 } } });

        await host.JsonAsync("PUT /v1/kv/k", """{"lock":"l","fence":"1","ifRevision":"0"}""");

        Assert.Equal(new Condition { Key = "k", Absent = true }, host.Entities.OnlyCommand.RunTransaction.Conditions[1]);
    }

    [Fact]
    public async Task A_lock_that_is_not_held_with_the_fence_makes_it_stale_whatever_the_revision()
    {
        Answer(new TransactionResult { Outcome = Outcome.Committed, ConditionResults = { false, false }, Results = { new OperationResult { Revision = 9 } } });

        var error = await RefusedAsync(PutAtRevision);

        Assert.Equal("FENCE_STALE", error.Code);
        Assert.Contains("17", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_revision_is_a_mismatch_that_names_the_one_it_has()
    {
        Answer(new TransactionResult { Outcome = Outcome.Committed, ConditionResults = { true, false }, Results = { new OperationResult { Key = "k", Revision = 9 } } });

        var error = await RefusedAsync(PutAtRevision);

        Assert.Equal(("REVISION_MISMATCH", "9"), (error.Code, error.Details.GetProperty("revision").GetString()));
        Assert.Equal([new Operation { Get = new GetOperation { Key = "k" } }], host.Entities.OnlyCommand.RunTransaction.Else);
    }

    [Fact]
    public async Task A_put_with_a_session_is_a_transaction_that_rests_on_it()
    {
        Answer(new TransactionResult { Outcome = Outcome.Committed, ConditionsHeld = true, ConditionResults = { true }, Results = { new OperationResult { Key = "k", Revision = 5 } } });

        var json = await host.JsonAsync("PUT /v1/kv/k", $$"""{"value":"b24=","sessionId":"{{Session}}","ttlSeconds":1.5,"requestId":"r"}""");

        Assert.Equal("""{"key":"k","revision":"5"}""", json);
        Assert.Equal(
            new TransactionRequest
            {
                TransactionId = "guarded:r",
                DeadlineSeconds = 10,
                Conditions = { new Condition { Session = Session } },
                Then = { new Operation { Put = new PutOperation { Key = "k", Value = ByteString.CopyFromUtf8("on"), SessionId = Session, TtlSeconds = 1.5 } } },
            },
            host.Entities.OnlyCommand.RunTransaction);
    }

    [Theory]
    [InlineData(true, true, false, "REVISION_MISMATCH")]
    [InlineData(true, false, false, "FENCE_STALE")]
    [InlineData(false, false, false, "SESSION_EXPIRED")]
    [InlineData(false, true, true, "SESSION_EXPIRED")]
    public async Task With_session_lock_and_revision_the_first_that_does_not_hold_is_said(bool session, bool fence, bool revision, string code)
    {
        Answer(new TransactionResult { Outcome = Outcome.Committed, ConditionResults = { session, fence, revision }, Results = { new OperationResult { Key = "k", Revision = 9 } } });

        var error = await RefusedAsync($$"""{"value":"b24=","sessionId":"{{Session}}","lock":"l/1","fence":"17","ifRevision":"3","requestId":"r"}""");

        Assert.Equal(code, error.Code);
        Assert.Equal([new Condition { Session = Session }, new Condition { Lock = "l/1", Fence = 17 }, new Condition { Key = "k", Revision = 3 }], host.Entities.OnlyCommand.RunTransaction.Conditions);
        if (code == "SESSION_EXPIRED") Assert.Contains(Session, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_transaction_that_was_aborted_says_so()
    {
        host.Entities.AnswerWith(new Reply { Failure = new Failure { Code = ErrorCode.TxnAborted, Message = "deadline" } });

        Assert.Equal("TXN_ABORTED", (await RefusedAsync(Put)).Code);
    }

    [Theory]
    [InlineData(Outcome.Aborted, false, "TXN_ABORTED")]
    [InlineData(Outcome.InProgress, false, "OUTCOME_UNKNOWN")]
    [InlineData(Outcome.Unknown, false, "OUTCOME_UNKNOWN")]
    [InlineData((Outcome)99, true, "OUTCOME_UNKNOWN")]
    [InlineData(Outcome.Committed, true, "OUTCOME_UNKNOWN")]
    [InlineData(Outcome.Committed, false, "OUTCOME_UNKNOWN")]
    public async Task What_is_not_certain_is_not_called_done_or_refused(Outcome outcome, bool held, string code)
    {
        // As a repeat finds it when the results are forgotten already.
        Answer(new TransactionResult { Outcome = outcome, ConditionsHeld = held });

        Assert.Equal(code, (await RefusedAsync(Put)).Code);
        Assert.Empty(host.Log.Errors);
    }

    [Fact]
    public async Task A_repeat_that_comes_after_the_results_are_forgotten_is_not_told_that_it_was_refused()
    {
        Answer(new TransactionResult { Outcome = Outcome.Committed, ConditionsHeld = true, ConditionResults = { true, true } });

        Assert.Equal("OUTCOME_UNKNOWN", (await RefusedAsync(PutAtRevision)).Code);
    }

    private void Answer(TransactionResult result) => host.Entities.AnswerWith(new Reply { Transaction = result });

    private async Task<ErrorBody> RefusedAsync(string body)
    {
        using var response = await host.SendAsync("PUT /v1/kv/k", body);
        return await ErrorBody.OfAsync(response);
    }
}
