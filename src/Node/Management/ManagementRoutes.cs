using System.Text.Json;
using System.Text.Json.Serialization;
using AkkaHa.Messages.V1;
using AkkaHa.Node.Api;
using AkkaHa.Node.Api.Errors;
using AkkaHa.Node.Api.Http;
using AkkaHa.Node.Settings;

namespace AkkaHa.Node.Management;

/// <summary>
/// The routes of Akka Management and Pekko Management, in their documented form, so that what knows those can look at this cluster too. Who changes something needs
/// <see cref="ManagementSettings.AllowWrites"/>; the change itself is that of <c>/v1/cluster/nodes</c>.
/// </summary>
internal static class ManagementRoutes
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    public static void MapManagement(this IEndpointRouteBuilder routes)
    {
        var management = routes.MapGroup("").WithMetadata(ManagementRoute.Instance);
        Map(management, "/cluster", new Verbs { ["PUT"] = RefuseShutdownAsync });
        Map(management, "/cluster/members", new Verbs { ["GET"] = context => WriteAsync(context, Monitor(context).Members()), ["POST"] = JoinAsync });
        Map(management, "/cluster/members/{**address}", new Verbs { ["GET"] = MemberAsync, ["DELETE"] = LeaveAsync, ["PUT"] = ChangeAsync });
        Map(management, "/cluster/shards", new Verbs { ["GET"] = context => WriteAsync(context, Monitor(context).ShardTypes()) });
        Map(management, "/cluster/shards/{**name}", new Verbs { ["GET"] = ShardsAsync });
        Map(management, "/cluster/domain-events", new Verbs { ["GET"] = EventStreams.ServeAsync });
        Map(management, "/bootstrap/seed-nodes", new Verbs { ["GET"] = context => WriteAsync(context, Monitor(context).SeedNodes()) });
    }

    private sealed class Verbs() : Dictionary<string, RequestDelegate>(StringComparer.OrdinalIgnoreCase);

    private static void Map(RouteGroupBuilder routes, string path, Verbs verbs) => routes.Map(path, context =>
    {
        var writes = context.RequestServices.GetRequiredService<NodeSettings>().Management.AllowWrites;
        var method = HttpMethods.IsHead(context.Request.Method) ? HttpMethods.Get : context.Request.Method;
        if (verbs.TryGetValue(method, out var handle) && (writes || HttpMethods.IsGet(method)))
            return handle(context);
        context.Response.Headers.Allow = string.Join(", ", verbs.Keys.Where(v => writes || HttpMethods.IsGet(v)));
        throw new RefusedException(
            handle is null ? HttpErrors.WrongVerb(context) : Refusals.Invalid("method", $"{method} is not allowed here: AkkaHa:Management:AllowWrites is false"), StatusCodes.Status405MethodNotAllowed);
    });

    private static Task MemberAsync(HttpContext context) => WriteAsync(context, Member(context));

    private static async Task JoinAsync(HttpContext context)
    {
        var address = await FieldAsync(context, "address");
        if (Monitor(context).Join(address) is { } refusal) throw new RefusedException(Refusals.Invalid("address", refusal));
        await WriteAsync(context, new MessageView($"Joining {address}"));
    }

    private static Task LeaveAsync(HttpContext context) => ChangeAsync(context, "Leaving", (control, address) => control.LeaveAsync(address, context.RequestAborted));

    private static async Task ChangeAsync(HttpContext context)
    {
        var operation = await FieldAsync(context, "operation");
        if (operation.Equals("leave", StringComparison.OrdinalIgnoreCase)) await LeaveAsync(context);
        else if (operation.Equals("down", StringComparison.OrdinalIgnoreCase)) await ChangeAsync(context, "Downing", (control, address) => control.DownAsync(address, context.RequestAborted));
        else throw Unsupported();
    }

    private static async Task ChangeAsync(HttpContext context, string what, Func<IClusterControl, string, Task<NodeChange?>> changeAsync)
    {
        var member = Member(context);
        if (await changeAsync(context.RequestServices.GetRequiredService<IClusterControl>(), member.Node) is null) throw NoSuchMember(member.Node);
        await WriteAsync(context, new MessageView($"{what} {member.Node}"));
    }

    private static Task RefuseShutdownAsync(HttpContext context) => throw Unsupported();

    private static async Task ShardsAsync(HttpContext context)
    {
        var name = (string)context.Request.RouteValues["name"]!;
        await WriteAsync(context, await Monitor(context).ShardsAsync(name, context.RequestAborted)
            ?? throw new RefusedException(Refusals.Of(ErrorCode.NotFound, $"Shard Region {Refusals.Quote(name)} is not started")));
    }

    private static MemberView Member(HttpContext context)
    {
        var address = (string)context.Request.RouteValues["address"]!;
        return Monitor(context).Find(address) ?? throw NoSuchMember(address);
    }

    private static async Task<string> FieldAsync(HttpContext context, string name)
    {
        var form = context.Request.HasFormContentType ? await context.Request.ReadFormAsync(context.RequestAborted) : null;
        return form?[name] is [{ Length: > 0 } value] ? value : throw new RefusedException(Refusals.Invalid(name, "is missing; it is a field of a form (application/x-www-form-urlencoded)"));
    }

    private static RefusedException NoSuchMember(string address) => new(Refusals.Of(ErrorCode.NotFound, $"Member [{Refusals.Quote(address)}] not found"));

    private static RefusedException Unsupported() => new(Refusals.InvalidAs("operation", "Operation not supported"));

    private static IClusterMonitor Monitor(HttpContext context) => context.RequestServices.GetRequiredService<IClusterMonitor>();

    private static Task WriteAsync<T>(HttpContext context, T view) => context.Response.WriteAsJsonAsync(view, Json, context.RequestAborted);
}
