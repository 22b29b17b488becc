using System.Net;
using System.Text;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;
using Grpc.Core;
using Xunit;

namespace AkkaHa.Node.Tests.Api;

/// <summary>JSON over HTTP/2, on the port where gRPC is, and gRPC there undisturbed by it.</summary>
public sealed class Http2Tests : IClassFixture<ApiHost>
{
    private readonly ApiHost host;

    public Http2Tests(ApiHost host)
    {
        this.host = host;
        host.Reset();
    }

    [Theory]
    [InlineData("GET", "/v1/kv/a%252F..b%2Fc", 200)]
    [InlineData("GET", "/v1/nothing", 404)]
    [InlineData("POST", "/v1/cluster", 405)]
    [InlineData("GET", "/akkaha.v1.Keys/Get", 404)]
    public async Task Json_over_http_2_has_the_same_paths_and_errors(string verb, string path, int status)
    {
        host.Entities.AnswerWith(new Reply { KeyValue = new KeyValue { Key = "a%2F..b/c" } });
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(new HttpMethod(verb), $"http://{host.Grpc.Target}{path}") { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };

        using var response = await http.SendAsync(request);

        Assert.Equal(status, (int)response.StatusCode);
        if (status == 200) Assert.Equal("a%2F..b/c", host.Entities.OnlyCommand.GetKey.Key);
        else await ErrorBody.OfAsync(response);
    }

    [Fact]
    public async Task A_body_beyond_the_limit_is_refused_also_when_its_length_is_not_announced()
    {
        using var content = new StreamContent(new MemoryStream(Encoding.UTF8.GetBytes($$"""{"value":"{{new string('A', Limits.ClientMessageBytes)}}"}""")));
        content.Headers.ContentType = new("application/json");
        content.Headers.ContentLength = null;
        using var request = new HttpRequestMessage(HttpMethod.Put, "/v1/kv/a") { Content = content };
        request.Headers.TransferEncodingChunked = true;

        using var response = await host.Http.SendAsync(request);

        Assert.Equal((413, "INVALID_ARGUMENT"), ((int)response.StatusCode, (await ErrorBody.OfAsync(response)).Code));
    }

    [Fact]
    public async Task A_grpc_method_that_is_not_there_is_unimplemented_as_grpc_says_it()
    {
        var nothing = new Method<GetKeyRequest, KeyValue>(MethodType.Unary, "akkaha.v1.Keys", "Nothing", Marshaller<GetKeyRequest>(GetKeyRequest.Parser), Marshaller<KeyValue>(KeyValue.Parser));

        var refusal = await Assert.ThrowsAsync<RpcException>(async () => await host.Grpc.CreateCallInvoker().AsyncUnaryCall(nothing, null, default, new GetKeyRequest()));

        Assert.Equal(StatusCode.Unimplemented, refusal.StatusCode);
    }

    [Fact]
    public async Task A_refusal_over_grpc_tells_the_servers_time_too()
    {
        using var call = new Keys.KeysClient(host.Grpc).GetAsync(new());
        var refusal = await Assert.ThrowsAsync<RpcException>(async () => await call);

        var headers = await call.ResponseHeadersAsync;
        Assert.Contains(headers.Concat(refusal.Trailers), e => e.Key == "akkaha-time-ms");
    }

    private static Marshaller<T> Marshaller<T>(Google.Protobuf.MessageParser<T> parser)
        where T : Google.Protobuf.IMessage<T> => new(m => Google.Protobuf.MessageExtensions.ToByteArray(m), parser.ParseFrom);
}
