using System.Text.Json;
using AkkaHa.Messages.V1;
using AkkaHa.Node.Api.Errors;
using AkkaHa.Node.Settings;
using AkkaHa.Node.Telemetry;
using Google.Protobuf;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;
using Xunit;

namespace AkkaHa.Node.Tests.Telemetry;

/// <summary>A line of the log as JSON has what a call was about as fields.</summary>
public sealed class StructuredLogTests
{
    [Fact]
    public void Session_lock_key_and_transaction_are_fields_of_what_is_logged_during_a_call_and_values_are_not()
    {
        var put = Line(new PutKeyRequest { Key = "orders/7", SessionId = "3-a", Lock = "a/b", RequestId = "r", Value = ByteString.CopyFromUtf8("secret") });
        Assert.Equal(("orders/7", "3-a", "a/b", "r"), (Field(put, "key"), Field(put, "sessionId"), Field(put, "lock"), Field(put, "requestId")));
        Assert.DoesNotContain("secret", put.ToString(), StringComparison.Ordinal);
        var acquire = Line(new AcquireLockRequest { Name = "a/b", SessionId = "3-a" });
        Assert.Equal(("a/b", "3-a"), (Field(acquire, "lock"), Field(acquire, "sessionId")));
        Assert.Equal("t-1", Field(Line(new TransactionRequest { TransactionId = "t-1" }), "transactionId"));
    }

    private static string? Field(JsonElement line, string name) => Assert.Single(line.GetProperty("Scopes").EnumerateArray().ToArray()).GetProperty(name).GetString();

    /// <summary>As a node that was told <c>json</c> writes it.</summary>
    private static JsonElement Line(IMessage request)
    {
        using var services = new ServiceCollection().AddLogging(logging => logging.AddNodeLog(new TelemetrySettings { LogFormat = "json" })).BuildServiceProvider();
        var formatter = services.GetServices<ConsoleFormatter>().Single(f => f.Name == ConsoleFormatterNames.Json);
        var scopes = new LoggerExternalScopeProvider();
        using var text = new StringWriter();
        using (scopes.Push(RequestSubject.Of(request))) formatter.Write(new LogEntry<string>(LogLevel.Error, "AkkaHa.Test", 0, "a line", null, (state, _) => state), scopes, text);
        return JsonDocument.Parse(text.ToString()).RootElement;
    }
}
