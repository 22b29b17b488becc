using AkkaHa.Node.Api.Errors;

namespace AkkaHa.Node.Api.Http;

/// <summary>
/// After routing: answers 405 for a path that takes other verbs. Routing itself says 404 where a route of this verb fails only by a
/// constraint, as POST to a lock without <c>:acquire</c> does.
/// </summary>
internal sealed class WrongVerbs(RequestDelegate next, MethodShapes shapes)
{
    public Task InvokeAsync(HttpContext context)
    {
        if (context.GetEndpoint() is not null || Transport.IsGrpc(context)) return next(context);
        var verbs = shapes.VerbsOf(context.Request.Path.Value ?? "");
        if (verbs.Length == 0) return next(context);
        context.Response.Headers.Allow = string.Join(", ", verbs);
        throw new RefusedException(HttpErrors.WrongVerb(context), StatusCodes.Status405MethodNotAllowed);
    }
}
