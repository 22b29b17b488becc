using System.Collections.Frozen;
using System.IO.Compression;
using System.IO.Hashing;
using Microsoft.Net.Http.Headers;

namespace AkkaHa.Node.Dashboard;

/// <summary>The dashboard at <c>/</c>: a few files from this assembly that talk to the JSON API of the node they came from. The node does nothing for it but what it is asked.</summary>
internal static class DashboardFiles
{
    private const string Resources = "dashboard/";
    private const string Start = "index.html";

    /// <summary>Everything from this node, nothing inline, in nobody's frame.</summary>
    private const string ContentPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private static readonly string[] Methods = [HttpMethods.Get, HttpMethods.Head];

    // Read when somebody first looks.
    private static readonly Lazy<FrozenDictionary<string, Page>> Files = new(() => typeof(DashboardFiles).Assembly.GetManifestResourceNames()
        .Where(n => n.StartsWith(Resources, StringComparison.Ordinal)).ToFrozenDictionary(n => n[Resources.Length..].Replace('\\', '/'), Page.Read, StringComparer.Ordinal));

    private sealed record Page(byte[] Bytes, byte[] Zipped, string ContentType, EntityTagHeaderValue Tag)
    {
        public static Page Read(string resource)
        {
            using var stream = typeof(DashboardFiles).Assembly.GetManifestResourceStream(resource) ?? throw new InvalidOperationException($"{resource} is not in the assembly");
            var bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            using var zipped = new MemoryStream();
            using (var zip = new GZipStream(zipped, CompressionLevel.Optimal)) zip.Write(bytes);
            return new Page(bytes, zipped.ToArray(), TypeOf(resource), new EntityTagHeaderValue($"\"{XxHash3.HashToUInt64(bytes):x16}\""));
        }

        private static string TypeOf(string resource) => Path.GetExtension(resource) switch
        {
            ".html" => "text/html; charset=utf-8",
            ".js" => "text/javascript; charset=utf-8",
            ".css" => "text/css; charset=utf-8",
            ".svg" => "image/svg+xml",
            _ => "text/plain; charset=utf-8",
        };
    }

    public static void MapDashboard(this IEndpointRouteBuilder routes)
    {
        routes.MapMethods("/", Methods, context => SendAsync(context, Start));
        routes.MapMethods("/dashboard/{**file}", Methods, context => SendAsync(context, context.Request.RouteValues["file"] as string ?? ""));
    }

    private static async Task SendAsync(HttpContext context, string name)
    {
        var (request, response) = (context.Request, context.Response);
        if (!Files.Value.TryGetValue(name, out var page))
        {
            response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }
        var headers = response.Headers;
        headers.ContentSecurityPolicy = ContentPolicy;
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        // Asked for again each time, and hardly ever sent again: after an upgrade nobody works with old files.
        headers.CacheControl = "no-cache";
        headers.ETag = page.Tag.ToString();
        headers.Vary = HeaderNames.AcceptEncoding;
        if (request.GetTypedHeaders().IfNoneMatch.Any(tag => tag.Compare(page.Tag, useStrongComparison: false)))
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }
        var zipped = request.GetTypedHeaders().AcceptEncoding.Any(e => e.Value == "gzip" && e.Quality is not 0);
        if (zipped) headers.ContentEncoding = "gzip";
        var bytes = zipped ? page.Zipped : page.Bytes;
        response.ContentType = page.ContentType;
        response.ContentLength = bytes.Length;
        if (!HttpMethods.IsHead(request.Method)) await response.Body.WriteAsync(bytes, context.RequestAborted);
    }
}
