using System.Collections.Frozen;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Reflection;
using AkkaHa.Messages.V1;
using Google.Protobuf.Reflection;

namespace AkkaHa.Node.Metrics;

/// <summary>Calls of clients, over both transports.</summary>
internal static class RequestMeter
{
    /// <summary>The code of a success.</summary>
    public const string Ok = "OK";

    /// <summary>The code of a call that was not done.</summary>
    public const string Unavailable = "UNAVAILABLE";

    /// <summary>The code of a call whose caller has gone.</summary>
    public const string Cancelled = "CANCELLED";

    private static readonly Histogram<double> Duration = NodeMeter.Meter.CreateHistogram<double>(
        "akkaha.request.duration", "s", "Calls of clients, by method and by the code of the answer.", advice: NodeMeter.Seconds);

    /// <summary>What is asked for is a caller's text, and routes do not mind its case: only what there is becomes a tag.</summary>
    private static readonly FrozenDictionary<string, string> Names = typeof(ErrorCode).Assembly.GetExportedTypes()
        .Where(type => type.Namespace == typeof(ErrorCode).Namespace && type.Name.EndsWith("Reflection", StringComparison.Ordinal))
        .Select(type => (FileDescriptor)type.GetProperty("Descriptor", BindingFlags.Public | BindingFlags.Static)!.GetValue(null)!)
        .SelectMany(file => file.Services).SelectMany(service => service.Methods)
        .ToFrozenDictionary(method => $"/{method.Service.FullName}/{method.Name}", method => $"{method.Service.Name}/{method.Name}", StringComparer.OrdinalIgnoreCase);

    /// <summary>A method as the tags name it: <c>Keys/Put</c>; <c>other</c>: there is none such.</summary>
    public static string NameOf(string method) => Names.GetValueOrDefault(method, "other");

    /// <summary>A call was answered.</summary>
    /// <param name="method">As gRPC has it.</param>
    /// <param name="code">Of the answer.</param>
    /// <param name="startedAt">A timestamp.</param>
    public static void Answered(string method, string code, long startedAt)
    {
        if (Activity.Current is { IsAllDataRequested: true } activity) activity.SetTag("akkaha.code", code);
        if (!Duration.Enabled) return;
        Duration.Record(Stopwatch.GetElapsedTime(startedAt).TotalSeconds, NodeMeter.Tag("method", NameOf(method)), NodeMeter.Tag("code", code));
    }
}
