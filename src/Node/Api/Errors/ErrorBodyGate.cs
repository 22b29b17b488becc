using System.IO.Pipelines;
using Microsoft.AspNetCore.Http.Features;

namespace AkkaHa.Node.Api.Errors;

/// <summary>
/// Lets bodies of successes through and drops those of errors, which the transcoder and the framework write in their own forms:
/// <see cref="ErrorBodies"/> writes ours instead. Nothing is buffered.
/// </summary>
internal sealed class ErrorBodyGate(HttpContext context, IHttpResponseBodyFeature inner) : IHttpResponseBodyFeature
{
    public Stream Stream => Drops ? Stream.Null : inner.Stream;

    public PipeWriter Writer => Drops ? PipeWriter.Create(Stream.Null) : inner.Writer;

    private bool Drops => context.Response.StatusCode >= StatusCodes.Status400BadRequest && !context.Response.HasStarted && !Transport.IsGrpc(context);

    public void DisableBuffering() => inner.DisableBuffering();

    public Task StartAsync(CancellationToken cancellationToken = default) => Drops ? Task.CompletedTask : inner.StartAsync(cancellationToken);

    public Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken = default) =>
        Drops ? Task.CompletedTask : inner.SendFileAsync(path, offset, count, cancellationToken);

    public Task CompleteAsync() => Drops ? Task.CompletedTask : inner.CompleteAsync();
}
