using AkkaHa.Node.Api.Errors;
using Microsoft.AspNetCore.Http.Features;

namespace AkkaHa.Node.Api.Http;

/// <summary>Before routing: gives it the path as <see cref="RawPath"/> reads it. Calls of gRPC pass untouched.</summary>
internal sealed class PathDecoding(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext context)
    {
        if (Transport.IsGrpc(context)) return next(context);
        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        if (!RawPath.TryDecode(target, out var path, out var wrong)) throw new RefusedException(Refusals.Invalid("path", wrong));
        if (path is not null && path != context.Request.Path.Value) context.Request.Path = new PathString(path);
        return next(context);
    }
}
