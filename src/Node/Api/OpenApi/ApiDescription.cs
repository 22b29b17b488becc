using System.Text;
using System.Text.RegularExpressions;
using AkkaHa.Node.Api.Http;
using AkkaHa.Node.Membership;
using Google.Protobuf.Reflection;
using Microsoft.OpenApi;

namespace AkkaHa.Node.Api.OpenApi;

/// <summary>
/// The HTTP API as OpenAPI, at <c>/openapi/v1.json</c>: made from the routes that there are, so that it can't say anything else than they do.
/// </summary>
internal sealed partial class ApiDescription(MethodShapes shapes, EndpointDataSource endpoints)
{
    public const string Path = "/openapi/v1.json";

    private const string Json = "application/json";

    /// <summary>Those that are no method of a service.</summary>
    private static readonly (string Path, string MediaType, string Description)[] Others =
    [
        ("/alive", Json, "Whether the process works: 200, or 503."),
        ("/ready", Json, "Whether locks, keys, sessions and transactions can be used through this node: 200, or 503 with the reasons."),
        ("/ready/eventual", Json, "The same for eventual data."),
        ("/metrics", "text/plain", "What this node counts, for Prometheus."),
        ("/v1/cluster/activity", Json, "What happened lately, of all nodes together, for the dashboard; it may change with the version."),
    ];

    // Routes are mapped once, before the first request.
    private readonly Lazy<Task<byte[]>> json = new(async () => Encoding.UTF8.GetBytes(await Describe(shapes, endpoints).SerializeAsJsonAsync(OpenApiSpecVersion.OpenApi3_1)));

    public async Task SendAsync(HttpContext context)
    {
        var body = await json.Value;
        context.Response.ContentType = Json;
        context.Response.ContentLength = body.Length;
        await context.Response.Body.WriteAsync(body, context.RequestAborted);
    }

    private static OpenApiDocument Describe(MethodShapes shapes, EndpointDataSource endpoints)
    {
        var document = new OpenApiDocument
        {
            Info = new OpenApiInfo { Title = "AkkaHa", Version = MemberFacts.Version, Description = "Locks, transactions, keys and eventual data. The same services are offered over gRPC. A `/` in a name may be written as it is." },
            Paths = [],
        };
        var schemas = new Schemas(document);
        foreach (var (method, shape) in shapes.All.OrderBy(s => s.Shape.Template, StringComparer.Ordinal).ThenBy(s => s.Shape.Verb, StringComparer.Ordinal))
            Add(document, Variable().Replace(shape.Template, v => $"{{{Field(method, v.Groups["name"].Value).JsonName}}}"), shape.Verb, Operation(document, schemas, method, shape));
        var routes = endpoints.Endpoints.OfType<RouteEndpoint>().Select(e => e.RoutePattern.RawText).ToHashSet();
        foreach (var (path, mediaType, description) in Others.Where(o => routes.Contains(o.Path)))
            Add(document, path, HttpMethods.Get, new OpenApiOperation
            {
                OperationId = path[1..].Replace('/', '_'), Description = description, Responses = Responses(schemas, new OpenApiSchema { Type = mediaType == Json ? JsonSchemaType.Object : JsonSchemaType.String }, mediaType),
            });
        return document;
    }

    private static OpenApiOperation Operation(OpenApiDocument document, Schemas schemas, MethodDescriptor method, MethodShape shape)
    {
        (document.Tags ??= new HashSet<OpenApiTag>()).Add(new OpenApiTag { Name = method.Service.Name, Description = ProtoComments.Of(method.Service.FullName) });
        var query = shape.QueryFields.Values.Distinct().OrderBy(f => f.FieldNumber).Select(f => Parameter(schemas, f, ParameterLocation.Query));
        return new OpenApiOperation
        {
            OperationId = $"{method.Service.Name}_{method.Name}",
            Description = ProtoComments.Of(method.FullName),
            Tags = new HashSet<OpenApiTagReference> { new(method.Service.Name, document) },
            Parameters = [.. shape.PathFields.Select(name => Parameter(schemas, Field(method, name), ParameterLocation.Path)), .. query],
            RequestBody = shape.HasBody ? new OpenApiRequestBody { Required = shape.Verb != HttpMethods.Post, Content = Content(schemas.Body(method.InputType, shape.PathFields), Json) } : null,
            Responses = Responses(schemas, schemas.Of(method.OutputType), !method.IsServerStreaming ? [Json] : HttpEventStream.Carries(method) ? HttpEventStream.MediaTypes : [Json]),
        };
    }

    private static FieldDescriptor Field(MethodDescriptor method, string name) => method.InputType.FindFieldByName(name);

    private static OpenApiParameter Parameter(Schemas schemas, FieldDescriptor field, ParameterLocation place)
    {
        var schema = schemas.Of(field);
        var says = schema.Description;
        schema.Description = null;
        return new OpenApiParameter { Name = field.JsonName, In = place, Required = place == ParameterLocation.Path, Description = says, Schema = schema };
    }

    private static OpenApiResponses Responses(Schemas schemas, IOpenApiSchema of, params string[] mediaTypes) => new()
    {
        ["200"] = new OpenApiResponse { Description = "Done.", Content = Content(of, mediaTypes) },
        ["default"] = new OpenApiResponse { Description = "Refused, not possible now, or not certain.", Content = Content(schemas.Error(), Json) },
    };

    private static Dictionary<string, IOpenApiMediaType> Content(IOpenApiSchema schema, params string[] mediaTypes) =>
        mediaTypes.ToDictionary(m => m, IOpenApiMediaType (string _) => new OpenApiMediaType { Schema = schema }, StringComparer.Ordinal);

    private static void Add(OpenApiDocument document, string path, string verb, OpenApiOperation operation)
    {
        if (!document.Paths.TryGetValue(path, out var item)) document.Paths[path] = item = new OpenApiPathItem { Operations = [] };
        item.Operations!.Add(new HttpMethod(verb), operation);
    }

    [GeneratedRegex(@"\{(?<name>\w+)(=\*\*)?\}")]
    private static partial Regex Variable();
}
