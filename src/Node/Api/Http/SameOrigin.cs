using AkkaHa.Messages.V1;
using AkkaHa.Node.Api.Errors;
using Microsoft.Net.Http.Headers;

namespace AkkaHa.Node.Api.Http;

/// <summary>
/// Refuses changes that a page of another site asks for: a browser says with every change where the page comes from, and no program does. JSON as the only content type is not
/// enough, since a change may have an empty body, which a page anywhere may send.
/// </summary>
internal sealed class SameOrigin(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext context)
    {
        var request = context.Request;
        if (HttpErrors.IsRead(request) || HttpMethods.IsOptions(request.Method)) return next(context);
        var origin = request.Headers.Origin.ToString();
        if (origin.Length == 0 || (Uri.TryCreate(origin, UriKind.Absolute, out var from) && IsHost(from, request.Host))) return next(context);
        throw new RefusedException(Refusals.Of(ErrorCode.PermissionDenied, $"{HeaderNames.Origin} is {Refusals.Quote(origin)}: pages of other sites may change nothing here"));
    }

    // A proxy may speak TLS to the browser and none to us: the scheme says nothing. Its default port may be left out on either side.
    private static bool IsHost(Uri from, HostString host) =>
        string.Equals(from.IdnHost.Trim('[', ']'), host.Host.Trim('[', ']'), StringComparison.OrdinalIgnoreCase) && from.Port == (host.Port ?? (from.IsDefaultPort ? from.Port : -1));
}
