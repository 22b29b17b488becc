using Google.Protobuf.Reflection;
using Microsoft.AspNetCore.Grpc.JsonTranscoding;

namespace AkkaHa.Node.Api.Http;

/// <summary>The shapes of all methods that HTTP offers.</summary>
internal sealed class MethodShapes(EndpointDataSource endpoints)
{
    // Endpoints are mapped once, before the first request.
    private readonly Lazy<Dictionary<GrpcJsonTranscodingMetadata, MethodShape>> shapes = new(() => endpoints.Endpoints
        .Select(e => e.Metadata.GetMetadata<GrpcJsonTranscodingMetadata>())
        .OfType<GrpcJsonTranscodingMetadata>()
        .Distinct()
        .ToDictionary(m => m, m => MethodShape.Of(m.MethodDescriptor, m.HttpRule)));

    /// <summary>Each method with its shape.</summary>
    public IEnumerable<(MethodDescriptor Method, MethodShape Shape)> All => shapes.Value.Select(s => (s.Key.MethodDescriptor, s.Value)).DistinctBy(s => s.MethodDescriptor.FullName);

    public MethodShape Of(GrpcJsonTranscodingMetadata metadata) => shapes.Value[metadata];

    /// <summary>The verbs that a path takes; none: there is no such path.</summary>
    public string[] VerbsOf(string path) => [.. shapes.Value.Values.Where(s => s.Matches(path)).Select(s => s.Verb).Distinct().Order()];
}
