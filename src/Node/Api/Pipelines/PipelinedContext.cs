using Grpc.Core;

namespace AkkaHa.Node.Api.Pipelines;

/// <summary>What a method sees of its call when that came with others over one stream: its own name and its own end, and the stream's request for the rest.</summary>
internal sealed class PipelinedContext(string method, ServerCallContext stream, IDictionary<object, object> state) : ServerCallContext
{
    private readonly CancellationTokenSource over = new();
    private Metadata? trailers;

    /// <summary>Nobody waits for it any more.</summary>
    public void Cancel() => over.Cancel();

    protected override string MethodCore => method;

    protected override string HostCore => stream.Host;

    protected override string PeerCore => stream.Peer;

    protected override DateTime DeadlineCore => DateTime.MaxValue;

    protected override Metadata RequestHeadersCore => stream.RequestHeaders;

    protected override CancellationToken CancellationTokenCore => over.Token;

    protected override Metadata ResponseTrailersCore => trailers ??= [];

    protected override Status StatusCore { get; set; }

    protected override WriteOptions? WriteOptionsCore { get; set; }

    protected override AuthContext AuthContextCore => stream.AuthContext;

    protected override IDictionary<object, object> UserStateCore => state;

    protected override ContextPropagationToken CreatePropagationTokenCore(ContextPropagationOptions? options) => throw new NotSupportedException("calls of a pipeline have no propagation token");

    protected override Task WriteResponseHeadersAsyncCore(Metadata responseHeaders) => throw new NotSupportedException("calls of a pipeline have no headers of their own");
}
