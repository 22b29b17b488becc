using AkkaHa.Core.Entities;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;
using Google.Protobuf;
using Xunit;

namespace AkkaHa.Node.Tests.Api;

public sealed class TransactionRouteTests : IClassFixture<ApiHost>
{
    private const string Session = "7-01890a5d-ac96-774b-bcce-b302099a8057";
    private readonly ApiHost host;

    public TransactionRouteTests(ApiHost host)
    {
        this.host = host;
        host.Reset();
    }

    private Transactions.TransactionsClient Grpc => new(host.Grpc);

    [Fact]
    public async Task Every_form_of_condition_and_operation_passes_over_http()
    {
        host.Entities.AnswerWith(new Reply
        {
            Transaction = new TransactionResult
            {
                TransactionId = "t",
                Outcome = TransactionStatus.Types.Outcome.Committed,
                ConditionsHeld = true,
                Results = { new OperationResult { Key = "x", Revision = 5 }, new OperationResult { Key = "z", Value = ByteString.Empty } },
                ConditionResults = { true },
            },
        });
        var body = """
            {"transactionId":"t","deadlineSeconds":2.5,
             "conditions":[{"key":"x","revision":"4"},{"key":"y","value":"b24="},{"key":"z","absent":true},{"lock":"a/b","fence":"17"},{"session":"7-01890a5d-ac96-774b-bcce-b302099a8057"}],
             "then":[{"put":{"key":"x","value":"b24="}},{"delete":{"key":"y"}},{"get":{"key":"z"}},{"add":{"key":"n","amount":"-5"}},{"append":{"key":"l","value":"b24="}}],
             "else":[{"get":{"key":"x"}}]}
            """;

        var json = await host.JsonAsync("POST /v1/transactions", body);

        Assert.Equal(
            """{"transactionId":"t","outcome":"COMMITTED","conditionsHeld":true,"results":[{"key":"x","revision":"5","deleted":false},{"key":"z","revision":"0","value":"","deleted":false}],"conditionResults":[true]}""",
            json);
        var on = ByteString.CopyFromUtf8("on");
        var expected = new TransactionRequest
        {
            TransactionId = "t",
            DeadlineSeconds = 2.5,
            Conditions =
            {
                new Condition { Key = "x", Revision = 4 }, new Condition { Key = "y", Value = on }, new Condition { Key = "z", Absent = true },
                new Condition { Lock = "a/b", Fence = 17 }, new Condition { Session = Session },
            },
            Then =
            {
                new Operation { Put = new() { Key = "x", Value = on } }, new Operation { Delete = new() { Key = "y" } }, new Operation { Get = new() { Key = "z" } },
                new Operation { Add = new() { Key = "n", Amount = -5 } }, new Operation { Append = new() { Key = "l", Value = on } },
            },
            Else = { new Operation { Get = new() { Key = "x" } } },
        };
        var slot = host.Entities.Shards.TransactionSlotOf("t").ToString();
        Assert.Equal(new Command { Entity = slot, Attempt = 1, TimeoutMs = 7500, RunTransaction = expected }, host.Entities.OnlyCommand);
    }

    [Fact]
    public async Task A_transaction_without_an_id_or_deadline_gets_both()
    {
        host.Entities.AnswerWith(new Reply { Transaction = new TransactionResult() });

        await Grpc.RunAsync(new() { Then = { new Operation { Delete = new() { Key = "a" } } } });

        var command = host.Entities.OnlyCommand;
        Assert.NotNull(RequestIdTime.IssuedAtMs(command.RunTransaction.TransactionId));
        Assert.Equal((10, 15_000u), (command.RunTransaction.DeadlineSeconds, command.TimeoutMs));
        Assert.Equal(host.Entities.Shards.TransactionSlotOf(command.RunTransaction.TransactionId).ToString(), command.Entity);
    }

    [Fact]
    public async Task Request_id_and_attempt_are_taken_and_the_transaction_id_alone_says_what_it_is()
    {
        host.Entities.Answer = (command, _) => Task.FromResult(command.BodyCase == Command.BodyOneofCase.RunTransaction
            ? new Reply { Transaction = new TransactionResult() }
            : new Reply { TransactionStatus = new TransactionStatus() });
        const string then = "\"then\":[{\"get\":{\"key\":\"a\"}}]";

        await host.JsonAsync("POST /v1/transactions", $$"""{"transactionId":"t",{{then}}}""");
        await host.JsonAsync("POST /v1/transactions", $$"""{"transactionId":"t","requestId":"r","attempt":2,"deadlineSeconds":3,{{then}}}""");
        await host.JsonAsync("POST /v1/transactions/t:resolve", """{"requestId":"r","attempt":2}""");

        Assert.Equal([("", 1u), ("", 2u), ("", 2u)], host.Entities.Asked.Select(c => (c.RequestId, c.Attempt)));
        Assert.Single(host.Entities.Asked.Select(c => c.Entity).Distinct());
        var hashes = host.Entities.Asked.Take(2).Select(c => PayloadHash.Of(c.RunTransaction)).ToArray();
        Assert.Equal(hashes[0], hashes[1]);
        // As it has always been: journals hold it, and a repeat is held against it.
        var bare = new TransactionRequest { Then = { new Operation { Get = new() { Key = "a" } } } };
        Assert.Equal(System.IO.Hashing.XxHash128.Hash(bare.ToByteArray()), hashes[0].ToByteArray());
    }

    [Fact]
    public async Task As_many_participants_and_steps_as_the_limit_pass()
    {
        host.Entities.AnswerWith(new Reply { Transaction = new TransactionResult() });
        var request = new TransactionRequest { TransactionId = "t" };
        for (var i = 0; i < Limits.TransactionSteps; i++) request.Then.Add(new Operation { Get = new() { Key = $"k{i % Limits.TransactionParticipants}" } });

        await Grpc.RunAsync(request);

        Assert.Equal(Limits.TransactionSteps, host.Entities.OnlyCommand.RunTransaction.Then.Count);
    }

    [Fact]
    public async Task What_only_reads_and_has_no_id_is_read_twice_and_goes_to_no_slot()
    {
        var round = 0;
        host.Entities.Answer = (command, _) => Task.FromResult(command.GetKey.Key == "a"
            ? new Reply { KeyValue = new KeyValue { Key = "a", Value = ByteString.CopyFromUtf8("on"), Revision = ++round == 1 ? 3 : 4 } }
            : new Reply { LastRevision = 7, Failure = new Failure { Code = ErrorCode.NotFound } });

        var json = await host.JsonAsync("POST /v1/transactions", """{"conditions":[{"key":"a","revision":"4"}],"then":[{"get":{"key":"b"}},{"get":{"key":"a"}}]}""");

        // The first reading found another revision than the second; the third is as the second.
        Assert.Equal(["kv/a", "kv/a", "kv/a", "kv/b", "kv/b", "kv/b"], host.Entities.Asked.Select(c => c.Entity).Order(StringComparer.Ordinal));
        // Owners with too much to do take all of it or nothing.
        Assert.NotEqual(0u, Assert.Single(host.Entities.Asked.Select(c => c.Lot).Distinct()));
        Assert.Matches(
            """^\{"transactionId":"[0-9a-f-]{36}","outcome":"COMMITTED","conditionsHeld":true,"results":\[\{"key":"b","revision":"0","deleted":false\},\{"key":"a","revision":"4","value":"b24=","deleted":false\}\],"conditionResults":\[true\]\}$""",
            json);
    }

    [Fact]
    public async Task What_never_is_the_same_twice_is_run_as_any_other()
    {
        var revision = 0;
        host.Entities.Answer = (command, _) => Task.FromResult(command.BodyCase == Command.BodyOneofCase.RunTransaction
            ? new Reply { Transaction = new TransactionResult { TransactionId = "slot" } }
            : new Reply { KeyValue = new KeyValue { Key = command.GetKey.Key, Revision = ++revision } });

        var result = await Grpc.RunAsync(new() { Then = { new Operation { Get = new() { Key = "a" } }, new Operation { Get = new() { Key = "b" } } } });

        Assert.Equal("slot", result.TransactionId);
        Assert.Equal(8, host.Entities.Asked.Count(c => c.GetKey is not null));
    }

    [Fact]
    public async Task Without_whom_it_is_to_be_resolved_goes_to_its_slot()
    {
        host.Entities.AnswerWith(new Reply { TransactionStatus = new TransactionStatus { TransactionId = "t", Outcome = TransactionStatus.Types.Outcome.Unknown } });
        Assert.Equal("""{"transactionId":"t","outcome":"UNKNOWN"}""", await host.JsonAsync("POST /v1/transactions/t:resolve", """{"without":"kv/a/b","giveUp":true}"""));
        Assert.Equal(("kv/a/b", true), (host.Entities.OnlyCommand.ResolveTransaction.Without, host.Entities.OnlyCommand.ResolveTransaction.GiveUp));
    }

    [Theory]
    [InlineData("t", "t")]
    [InlineData("a%2Fb:c", "a/b:c")]
    [InlineData("guarded:r", "guarded:r")]
    public async Task Its_outcome_is_asked_of_the_slot_of_its_id(string escaped, string id)
    {
        host.Entities.AnswerWith(new Reply { TransactionStatus = new TransactionStatus { TransactionId = id, Outcome = TransactionStatus.Types.Outcome.Aborted } });
        var expected = $$"""{"transactionId":"{{id}}","outcome":"ABORTED"}""";

        Assert.Equal(expected, await host.JsonAsync($"GET /v1/transactions/{escaped}"));
        Assert.Equal(expected, await host.JsonAsync($"POST /v1/transactions/{escaped}:resolve"));
        Assert.Equal(id, (await Grpc.GetAsync(new() { TransactionId = id })).TransactionId);
        Assert.Equal(id, (await Grpc.ResolveAsync(new() { TransactionId = id })).TransactionId);

        Assert.Equal(
            [Command.BodyOneofCase.GetTransaction, Command.BodyOneofCase.ResolveTransaction, Command.BodyOneofCase.GetTransaction, Command.BodyOneofCase.ResolveTransaction],
            host.Entities.Asked.Select(c => c.BodyCase));
        Assert.All(host.Entities.Asked, c => Assert.Equal(host.Entities.Shards.TransactionSlotOf(id).ToString(), c.Entity));
    }
}
