using AkkaHa.Messages.V1;
using AkkaHa.Node.Api.Errors;

namespace AkkaHa.Node.Api.Http;

/// <summary>On a route: the management port serves it, and no other does.</summary>
internal sealed class ManagementRoute
{
    public static readonly ManagementRoute Instance = new();
}

/// <summary>After routing: the management port has its own routes and the probes, the other ports have all but its own. It may be open to whom the others are not, and the other way round.</summary>
internal sealed class PortGate(RequestDelegate next, int port)
{
    public Task InvokeAsync(HttpContext context)
    {
        var managed = context.GetEndpoint()?.Metadata.GetMetadata<ManagementRoute>() is not null;
        if (context.Connection.LocalPort == port)
        {
            if (managed || Probes.Has(context.Request.Path)) return next(context);
            throw NotFound($"port {port} has only /alive, /ready, /cluster and /bootstrap/seed-nodes");
        }
        return managed ? throw NotFound($"there is no route {context.Request.Method} {Refusals.Quote(context.Request.Path.Value ?? "")}") : next(context);
    }

    private static RefusedException NotFound(string message) => new(Refusals.Of(ErrorCode.NotFound, message));
}
