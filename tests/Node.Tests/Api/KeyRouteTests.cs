using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;
using Google.Protobuf;
using Xunit;

namespace AkkaHa.Node.Tests.Api;

public sealed class KeyRouteTests : IClassFixture<ApiHost>
{
    private readonly ApiHost host;

    public KeyRouteTests(ApiHost host)
    {
        this.host = host;
        host.Reset();
    }

    private Keys.KeysClient Grpc => new(host.Grpc);

    [Fact]
    public async Task Get_over_http_asks_the_key_and_answers_its_value()
    {
        host.Entities.AnswerWith(new Reply { KeyValue = new KeyValue { Key = "a/b", Value = ByteString.CopyFromUtf8("on"), Revision = long.MaxValue } });

        var json = await host.JsonAsync("GET /v1/kv/a/b");

        Assert.Equal("""{"key":"a/b","value":"b24=","revision":"9223372036854775807"}""", json);
        Assert.Equal(new Command { Entity = "kv/a/b", TimeoutMs = 5000, GetKey = new GetKeyRequest { Key = "a/b" } }, host.Entities.OnlyCommand);
        Assert.Equal(TimeSpan.FromSeconds(5), host.Entities.LastTimeout);
    }

    [Fact]
    public async Task Put_over_http_carries_condition_request_id_and_attempt()
    {
        host.Entities.AnswerWith(new Reply { PutKey = new PutKeyResponse { Key = "a", Revision = 4 } });

        var json = await host.JsonAsync("PUT /v1/kv/a", """{"value":"b24=","ifRevision":"3","requestId":"r","attempt":2}""");

        Assert.Equal("""{"key":"a","revision":"4"}""", json);
        var body = new PutKeyRequest { Key = "a", Value = ByteString.CopyFromUtf8("on"), IfRevision = 3, RequestId = "r", Attempt = 2 };
        Assert.Equal(new Command { Entity = "kv/a", TimeoutMs = 5000, RequestId = "r", Attempt = 2, PutKey = body }, host.Entities.OnlyCommand);
    }

    [Theory]
    [InlineData("""{"value":"b24=","ttlSeconds":60}""", 60.0)]
    [InlineData("""{"value":"b24=","ttl_seconds":0.001}""", 0.001)]
    [InlineData("""{"value":"b24=","ttlSeconds":null}""", null)]
    public async Task Put_over_http_carries_its_time_to_live_to_the_key(string body, double? seconds)
    {
        host.Entities.AnswerWith(new Reply { PutKey = new PutKeyResponse { Key = "a", Revision = 4 } });

        await host.JsonAsync("PUT /v1/kv/a", body);

        var put = host.Entities.OnlyCommand.PutKey;
        Assert.Equal(seconds, put.HasTtlSeconds ? put.TtlSeconds : null);
    }

    [Fact]
    public async Task Put_over_grpc_with_a_session_that_is_none_of_this_cluster_asks_nobody()
    {
        var refused = await Assert.ThrowsAsync<global::Grpc.Core.RpcException>(async () => await Grpc.PutAsync(new() { Key = "a", SessionId = "999-01890a5d-ac96-774b-bcce-b302099a8057" }));

        Assert.Equal(global::Grpc.Core.StatusCode.NotFound, refused.StatusCode);
        Assert.Empty(host.Entities.Asked);
    }

    [Fact]
    public async Task Delete_over_http_carries_its_condition_in_the_query()
    {
        host.Entities.AnswerWith(new Reply { DeleteKey = new DeleteKeyResponse { Key = "a", Revision = 5, Deleted = true } });

        var json = await host.JsonAsync("DELETE /v1/kv/a?ifRevision=3&requestId=a%2Fb%20c");

        Assert.Equal("""{"key":"a","revision":"5","deleted":true}""", json);
        var body = new DeleteKeyRequest { Key = "a", IfRevision = 3, RequestId = "a/b c", Attempt = 1 };
        Assert.Equal(new Command { Entity = "kv/a", TimeoutMs = 5000, RequestId = "a/b c", Attempt = 1, DeleteKey = body }, host.Entities.OnlyCommand);
    }

    [Fact]
    public async Task Revision_0_is_sent_as_a_condition_and_left_out_it_is_none()
    {
        host.Entities.AnswerWith(new Reply { PutKey = new PutKeyResponse() });

        await host.JsonAsync("PUT /v1/kv/a", """{"ifRevision":"0"}""");
        await host.JsonAsync("PUT /v1/kv/a", "{}");
        await host.JsonAsync("PUT /v1/kv/a", """{"ifRevision":null}""");

        Assert.Equal([true, false, false], host.Entities.Asked.Select(c => c.PutKey.HasIfRevision));
    }

    [Fact]
    public async Task Get_put_and_delete_over_grpc_reach_the_key()
    {
        host.Entities.Answer = (command, _) => Task.FromResult(command.BodyCase switch
        {
            Command.BodyOneofCase.GetKey => new Reply { KeyValue = new KeyValue { Key = "a:b" } },
            Command.BodyOneofCase.PutKey => new Reply { PutKey = new PutKeyResponse { Revision = 4 } },
            _ => new Reply { DeleteKey = new DeleteKeyResponse { Deleted = true } },
        });

        Assert.Equal("a:b", (await Grpc.GetAsync(new() { Key = "a:b" })).Key);
        Assert.Equal(4, (await Grpc.PutAsync(new() { Key = "a:b" })).Revision);
        Assert.True((await Grpc.DeleteAsync(new() { Key = "a:b" })).Deleted);
        Assert.All(host.Entities.Asked, c => Assert.Equal("kv/a:b", c.Entity));
    }

    [Fact]
    public async Task A_mutation_without_a_request_id_gets_one_of_its_own_that_carries_the_time()
    {
        host.Entities.AnswerWith(new Reply { PutKey = new PutKeyResponse() });

        await Grpc.PutAsync(new() { Key = "a" });
        await Grpc.PutAsync(new() { Key = "a" });

        var ids = host.Entities.Asked.Select(c => c.RequestId).ToArray();
        Assert.NotEqual(ids[0], ids[1]);
        Assert.All(ids, id => Assert.InRange(RequestIdTime.IssuedAtMs(id)!.Value, DateTimeOffset.UtcNow.AddMinutes(-1).ToUnixTimeMilliseconds(), DateTimeOffset.UtcNow.ToUnixTimeMilliseconds()));
        Assert.All(host.Entities.Asked, c => Assert.Equal((c.RequestId, 1u), (c.PutKey.RequestId, c.Attempt)));
    }

    [Theory]
    [InlineData("a%2Fb", "a/b")]
    [InlineData("a%2fb", "a/b")]
    [InlineData("a%252Fb", "a%2Fb")]
    [InlineData("a%25b", "a%b")]
    [InlineData("%C3%BC/%F0%9F%98%80", "ü/😀")]
    [InlineData("a:b:acquire", "a:b:acquire")]
    [InlineData("a%20b%3Fc%23d+e", "a b?c#d+e")]
    [InlineData("a.b/...", "a.b/...")]
    [InlineData("a/b/c/d/e/f/g/h/i/j/k", "a/b/c/d/e/f/g/h/i/j/k")]
    [InlineData("{0}", "{0}")]
    public async Task A_key_in_a_path_is_decoded_once(string escaped, string key)
    {
        host.Entities.AnswerWith(new Reply { KeyValue = new KeyValue { Key = key } });

        await host.JsonAsync($"GET /v1/kv/{escaped}");

        Assert.Equal((key, $"kv/{key}"), (host.Entities.OnlyCommand.GetKey.Key, host.Entities.OnlyCommand.Entity));
    }

    [Theory]
    [InlineData("""{"key":"a/b","ifRevision":3}""", "application/json")]
    [InlineData("""{"if_revision":"3"}""", "application/json; charset=utf-8")]
    [InlineData(" { \"ifRevision\" : \"3\" , \"attempt\" : 1 } ", "application/json; charset=UTF-8")]
    [InlineData("""{"ifRevision":"3","lock":null,"requestId":null,"value":null}""", "application/vnd.akkaha+json")]
    public async Task What_protobuf_json_allows_is_taken(string body, string contentType)
    {
        host.Entities.AnswerWith(new Reply { PutKey = new PutKeyResponse() });

        using var response = await host.SendAsync("PUT /v1/kv/a%2Fb", body, contentType);

        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
        Assert.Equal((3, false), (host.Entities.OnlyCommand.PutKey.IfRevision, host.Entities.OnlyCommand.PutKey.HasLock));
    }

    [Fact]
    public async Task The_largest_value_passes_both_transports()
    {
        var value = ByteString.CopyFrom(new byte[Limits.ValueBytes]);
        host.Entities.AnswerWith(new Reply { KeyValue = new KeyValue { Key = "a", Value = value } });
        Assert.Equal(value, (await Grpc.GetAsync(new() { Key = "a" })).Value);
        Assert.Contains(value.ToBase64(), await host.JsonAsync("GET /v1/kv/a"), StringComparison.Ordinal);

        host.Entities.AnswerWith(new Reply { PutKey = new PutKeyResponse { Revision = 1 } });
        await Grpc.PutAsync(new() { Key = "a", Value = value });
        await host.JsonAsync("PUT /v1/kv/a", $$"""{"value":"{{value.ToBase64()}}"}""");
        Assert.All(host.Entities.Asked.Skip(2), c => Assert.Equal(value, c.PutKey.Value));
    }
}
