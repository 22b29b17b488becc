using System.Net;
using AkkaHa.Messages.V1;
using Google.Protobuf;
using Grpc.Core;
using Xunit;

namespace AkkaHa.Node.Tests.Api;

/// <summary>Lists and watches as clients see them, over gRPC and HTTP.</summary>
public sealed class KeyListRouteTests(ApiHost host) : IClassFixture<ApiHost>
{
    [Fact]
    public async Task A_list_is_entries_and_where_to_go_on()
    {
        host.Reset();
        host.Keys.List = new ListKeysResponse { Next = "a/b", Entries = { new KeyValue { Key = "a/b", Value = ByteString.CopyFromUtf8("one"), Revision = 4 } } };
        Assert.Equal("""{"entries":[{"key":"a/b","value":"b25l","revision":"4"}],"next":"a/b"}""",
            await host.JsonAsync("GET /v1/kv?prefix=a%2F&after=a%2Fa&limit=7&keysOnly=true&consistent=false"));
        Assert.Equal(new ListKeysRequest { Prefix = "a/", After = "a/a", Limit = 7, KeysOnly = true, Consistent = false }, host.Keys.Listed);
    }

    [Theory]
    [InlineData("GET /v1/kv?limit=0", "limit")]
    [InlineData("GET /v1/kv?limit=1001", "limit")]
    [InlineData("GET /v1/kv?limit=x", "limit")]
    [InlineData("GET /v1/kv?prefix=a%01", "prefix")]
    [InlineData("GET /v1/kv?after=a%7F", "after")]
    [InlineData("GET /v1/kv?consistent=yes", "consistent")]
    [InlineData("GET /v1/kv?prefx=a", "prefx")]
    [InlineData("GET /v1/watch?prefix=a&key=b", "key")]
    [InlineData("GET /v1/watch?key=", "key")]
    [InlineData("GET /v1/watch?key=a%2F%2Fb", "key")]
    [InlineData("GET /v1/watch?prefix=%0D", "prefix")]
    public async Task What_is_wrong_is_named(string request, string field)
    {
        host.Reset();
        using var response = await host.SendAsync(request);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        var error = await ErrorBody.OfAsync(response);
        Assert.Equal("INVALID_ARGUMENT", error.Code);
        Assert.Equal(field, error.Details.GetProperty("field").GetString());
    }

    [Theory]
    [InlineData("prefix")]
    [InlineData("after")]
    public async Task A_prefix_or_place_has_512_bytes_at_most(string field)
    {
        host.Reset();
        await host.JsonAsync($"GET /v1/kv?{field}={new string('a', 512)}");
        using var response = await host.SendAsync($"GET /v1/kv?{field}={new string('a', 513)}");
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
    }

    [Fact]
    public async Task A_watch_is_lines_of_JSON_and_its_last_line_says_why_it_ended()
    {
        host.Reset();
        host.Keys.Stream = ([FakeKeys.Heartbeat(86), FakeKeys.Put(88, "a/b", "one", 4), FakeKeys.Gone(89, "a/b", 5, expired: false), FakeKeys.Gone(90, "a/c", 2, expired: true)], FakeKeysEnd());
        using var response = await host.SendAsync("GET /v1/watch?prefix=a/&from=86");
        Assert.Equal("application/x-ndjson", response.Content.Headers.ContentType?.ToString());
        Assert.Equal(
            [
                """{"position":"86"}""",
                """{"position":"88","type":"put","key":"a/b","value":"b25l","revision":"4"}""",
                """{"position":"89","type":"delete","key":"a/b","revision":"5"}""",
                """{"position":"90","type":"expire","key":"a/c","revision":"2"}""",
                """{"code":"UNAVAILABLE","message":"leaving","details":{"position":"90"}}""",
            ],
            (await response.Content.ReadAsStringAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal(new WatchRequest { Prefix = "a/", From = "86" }, host.Keys.Watched);
        Assert.Equal(0, host.Keys.Open);
    }

    [Fact]
    public async Task Who_accepts_an_event_stream_gets_one_and_goes_on_by_its_last_event_id()
    {
        host.Reset();
        host.Keys.Stream = ([FakeKeys.Heartbeat(86), FakeKeys.Put(88, "a", "one", 4)], FakeKeysEnd());
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(host.HttpAddress, "/v1/watch?key=a&from=3"));
        request.Headers.Add("Accept", "text/event-stream");
        request.Headers.Add("Last-Event-ID", "86");
        using var response = await host.Http.SendAsync(request);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.ToString());
        Assert.Equal("""
            id: 86
            event: heartbeat
            data: {"position":"86"}

            id: 88
            event: put
            data: {"position":"88","type":"put","key":"a","value":"b25l","revision":"4"}

            event: error
            data: {"code":"UNAVAILABLE","message":"leaving","details":{"position":"90"}}


            """.ReplaceLineEndings("\n"), await response.Content.ReadAsStringAsync());
        Assert.Equal(new WatchRequest { Key = "a", From = "86" }, host.Keys.Watched);
    }

    [Theory]
    [InlineData("application/json")]
    [InlineData("text/event-stream")]
    public async Task What_is_refused_before_the_first_event_is_an_error_as_any_other(string accept)
    {
        host.Reset();
        host.Keys.Refusal = new Node.Api.Errors.RefusedException(Node.Api.Errors.Refusals.Of(ErrorCode.Compacted, "gone"));
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(host.HttpAddress, "/v1/watch?from=3"));
        request.Headers.Add("Accept", accept);
        using var response = await host.Http.SendAsync(request);
        Assert.Equal(HttpStatusCode.Gone, response.StatusCode);
        Assert.Equal("COMPACTED", (await ErrorBody.OfAsync(response)).Code);
    }

    [Fact]
    public async Task Over_gRPC_a_watch_ends_with_a_status_that_carries_the_position()
    {
        host.Reset();
        host.Keys.Stream = ([FakeKeys.Heartbeat(86), FakeKeys.Put(88, "a", "one", 4)], FakeKeysEnd());
        using var call = new Messages.V1.Keys.KeysClient(host.Grpc).Watch(new WatchRequest { Key = "a" });
        var events = new List<WatchEvent>();
        var end = await Assert.ThrowsAsync<RpcException>(async () =>
        {
            await foreach (var e in call.ResponseStream.ReadAllAsync()) events.Add(e);
        });
        Assert.Equal(["86", "88"], events.Select(e => e.Position));
        Assert.Equal((KeyEventType.Put, "a", "one", 4), (events[1].Type, events[1].Key, events[1].Value.ToStringUtf8(), events[1].Revision));
        Assert.Equal(StatusCode.Unavailable, end.StatusCode);
        Assert.Equal("90", end.GetRpcStatus()!.GetDetail<Google.Rpc.ErrorInfo>().Metadata["position"]);
    }

    [Fact]
    public async Task A_watch_ends_when_its_client_goes()
    {
        host.Reset();
        host.Keys.Stream = ([FakeKeys.Heartbeat(86)], null);
        using (var response = await host.Http.GetAsync(new Uri(host.HttpAddress, "/v1/watch"), HttpCompletionOption.ResponseHeadersRead))
            Assert.Equal(1, host.Keys.Open);
        for (var until = DateTime.UtcNow + TimeSpan.FromSeconds(20); host.Keys.Open > 0; await Task.Delay(20)) Assert.True(DateTime.UtcNow < until);
        Assert.Empty(host.Log.Errors);
    }

    private static Node.Api.Errors.RefusedException FakeKeysEnd()
    {
        var failure = Node.Api.Errors.Refusals.Of(ErrorCode.Unavailable, "leaving");
        failure.Details = new Google.Protobuf.WellKnownTypes.Struct { Fields = { ["position"] = Google.Protobuf.WellKnownTypes.Value.ForString("90") } };
        return new Node.Api.Errors.RefusedException(failure);
    }
}
