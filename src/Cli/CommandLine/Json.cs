using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace AkkaHa.Cli.CommandLine;

/// <summary><c>--json</c>: what programs read, in the shapes of the HTTP API. One object a line.</summary>
static class Json
{
    // Nothing here ends up in a web page, and base64 and names shall stay as they are.
    static readonly JsonSerializerOptions Line = new(JsonSerializerDefaults.Web) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Option<bool> Option(string description = "Print JSON, in the shapes of the HTTP API") => new("--json") { Description = description };

    /// <summary>A time as the HTTP API writes it: seconds, to the millisecond. What a sum of ticks leaves behind that is nobody's.</summary>
    public static double Seconds(TimeSpan time) => Math.Round(time.TotalSeconds, 3);

    public static void WriteLine(TextWriter output, object value)
    {
        output.WriteLine(JsonSerializer.Serialize(value, Line));
        output.Flush();
    }
}
