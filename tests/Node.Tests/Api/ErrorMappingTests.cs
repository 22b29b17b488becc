using System.Globalization;
using AkkaHa.Messages.Errors;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using Xunit;

namespace AkkaHa.Node.Tests.Api;

public sealed class ErrorMappingTests : IClassFixture<ApiHost>
{
    private readonly ApiHost host;

    public ErrorMappingTests(ApiHost host)
    {
        this.host = host;
        host.Reset();
    }

    public static TheoryData<ErrorCode> Codes => new(ErrorTable.Rows.Select(r => r.Code));

    [Theory]
    [MemberData(nameof(Codes))]
    public async Task Every_row_of_the_table_has_its_status_and_body_over_http(ErrorCode code)
    {
        host.Entities.AnswerWith(Refusal(code));

        using var response = await host.SendAsync("GET /v1/kv/a");

        var row = ErrorTable.Of(code);
        var error = await ErrorBody.OfAsync(response);
        Assert.Equal(row.Http, (int)response.StatusCode);
        Assert.Equal((row.Name, "says \"why\" – ünïcode"), (error.Code, error.Message));
        Assert.Equal("17", error.Details.GetProperty("fence").GetString());
        Assert.Equal(3, error.Details.GetProperty("waiters").GetDouble());
        Assert.Equal("s", error.Details.GetProperty("holders")[0].GetProperty("sessionId").GetString());
        Assert.Equal(code == ErrorCode.Unavailable ? "1" : null, response.Headers.RetryAfter?.ToString());
    }

    [Theory]
    [MemberData(nameof(Codes))]
    public async Task Every_row_of_the_table_has_its_status_and_details_over_grpc(ErrorCode code)
    {
        host.Entities.AnswerWith(Refusal(code));

        var refusal = await Assert.ThrowsAsync<RpcException>(async () => await new Keys.KeysClient(host.Grpc).GetAsync(new() { Key = "a" }));

        var row = ErrorTable.Of(code);
        var status = refusal.GetRpcStatus()!;
        var info = status.GetDetail<ErrorInfo>()!;
        Assert.Equal((row.Grpc, "says \"why\" – ünïcode"), (refusal.StatusCode, refusal.Status.Detail));
        Assert.Equal((row.Name, "akkaha"), (info.Reason, info.Domain));
        Assert.Equal(new Dictionary<string, string> { ["fence"] = "17", ["waiters"] = "3", ["mine"] = "true" }, info.Metadata);
        Assert.Equal(Refusal(code).Failure.Details, status.GetDetail<Struct>());
        Assert.Equal(code == ErrorCode.Unavailable, status.GetDetail<RetryInfo>() is not null);
    }

    [Fact]
    public async Task A_code_that_this_version_does_not_know_is_an_unknown_outcome()
    {
        host.Entities.AnswerWith(new Reply { Failure = new Failure { Code = (ErrorCode)999, Message = "new" } });

        using var response = await host.SendAsync("GET /v1/kv/a");

        Assert.Equal((504, "OUTCOME_UNKNOWN"), ((int)response.StatusCode, (await ErrorBody.OfAsync(response)).Code));
    }

    [Fact]
    public async Task Details_too_large_for_trailers_are_left_out_over_grpc_and_not_over_http()
    {
        var failure = new Failure { Code = ErrorCode.LockHeld, Message = "held", Details = new Struct { Fields = { ["label"] = Value.ForString(new string('x', 100_000)) } } };
        host.Entities.AnswerWith(new Reply { Failure = failure });

        var refusal = await Assert.ThrowsAsync<RpcException>(async () => await new Keys.KeysClient(host.Grpc).GetAsync(new() { Key = "a" }));
        using var response = await host.SendAsync("GET /v1/kv/a");

        Assert.Equal("LOCK_HELD", refusal.GetRpcStatus()!.GetDetail<ErrorInfo>()!.Reason);
        Assert.Equal(100_000, (await ErrorBody.OfAsync(response)).Details.GetProperty("label").GetString()!.Length);
    }

    [Theory]
    [InlineData("GET /v1/kv/a", 503, "UNAVAILABLE")]
    [InlineData("DELETE /v1/kv/a", 504, "OUTCOME_UNKNOWN")]
    [InlineData("GET /broken", 503, "UNAVAILABLE")]
    [InlineData("POST /broken", 504, "OUTCOME_UNKNOWN")]
    public async Task A_bug_is_logged_and_told_as_unavailable_after_a_read_and_as_unknown_after_a_mutation(string request, int status, string code)
    {
        host.Entities.Answer = (_, _) => throw new InvalidOperationException("a bug");

        using var response = await host.SendAsync(request);

        var error = await ErrorBody.OfAsync(response);
        Assert.Equal((status, code), ((int)response.StatusCode, error.Code));
        Assert.DoesNotContain("a bug", error.Message, StringComparison.Ordinal);
        Assert.Contains(host.Log.Errors, e => e.Contains("a bug", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_log_of_a_bug_says_what_the_call_was_about_and_no_value()
    {
        host.Log.Errors.Clear();
        host.Entities.Answer = (_, _) => throw new InvalidOperationException("a bug");

        await host.SendAsync("PUT /v1/kv/orders/7", """{"value":"c2VjcmV0","sessionId":"3-0192f1a0-0000-7000-8000-000000000000"}""");
        await host.SendAsync("GET /v1/locks/a/b");

        Assert.Contains(host.Log.Errors, e => e.Contains("(key orders/7, ", StringComparison.Ordinal) && e.Contains("sessionId 3-0192f1a0-0000-7000-8000-000000000000", StringComparison.Ordinal));
        Assert.Contains(host.Log.Errors, e => e.Contains("(lock a/b)", StringComparison.Ordinal));
        Assert.Contains(host.Log.Scopes, s => s.GetValueOrDefault("key") is "orders/7" && s.GetValueOrDefault("sessionId") is "3-0192f1a0-0000-7000-8000-000000000000");
        Assert.Contains(host.Log.Scopes, s => s.GetValueOrDefault("lock") is "a/b");
        Assert.DoesNotContain(host.Log.Errors, e => e.Contains("c2VjcmV0", StringComparison.Ordinal) || e.Contains("secret", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_answer_of_another_kind_is_an_unknown_outcome_over_grpc_too()
    {
        host.Entities.AnswerWith(new Reply { LockGrant = new LockGrant() });

        var refusal = await Assert.ThrowsAsync<RpcException>(async () => await new Keys.KeysClient(host.Grpc).PutAsync(new() { Key = "a" }));

        Assert.Equal("OUTCOME_UNKNOWN", refusal.GetRpcStatus()!.GetDetail<ErrorInfo>()!.Reason);
    }

    [Fact]
    public async Task Every_response_tells_the_servers_time()
    {
        host.Entities.AnswerWith(new Reply { KeyValue = new KeyValue { Key = "a" } });
        var before = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();

        using var http = await host.SendAsync("GET /v1/kv/a");
        using var grpc = new Keys.KeysClient(host.Grpc).GetAsync(new() { Key = "a" });

        var headers = await grpc.ResponseHeadersAsync;
        var after = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() + 5_000;
        Assert.InRange(long.Parse(Assert.Single(http.Headers.GetValues("akkaha-time-ms")), CultureInfo.InvariantCulture), before, after);
        Assert.InRange(long.Parse(headers.GetValue("akkaha-time-ms")!, CultureInfo.InvariantCulture), before, after);
    }

    private static Reply Refusal(ErrorCode code) => new()
    {
        Failure = new Failure
        {
            Code = code,
            Message = "says \"why\" – ünïcode",
            Details = new Struct
            {
                Fields =
                {
                    ["fence"] = Value.ForString("17"),
                    ["waiters"] = Value.ForNumber(3),
                    ["mine"] = Value.ForBool(true),
                    ["holders"] = Value.ForList(Value.ForStruct(new Struct { Fields = { ["sessionId"] = Value.ForString("s") } })),
                },
            },
        },
    };
}
