using System.Text.Json;
using Xunit;

namespace AkkaHa.Node.Tests.Api;

/// <summary>The body of every HTTP error, read strictly: exactly code, message and details.</summary>
internal sealed record ErrorBody(string Code, string Message, JsonElement Details)
{
    public static async Task<ErrorBody> OfAsync(HttpResponseMessage response)
    {
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.Content.Headers.ContentType?.MediaType == "application/json", $"{(int)response.StatusCode} {response.Content.Headers.ContentType}: {text}");
        var json = JsonDocument.Parse(text).RootElement;
        Assert.Equal(["code", "message", "details"], json.EnumerateObject().Select(p => p.Name));
        Assert.Equal(JsonValueKind.Object, json.GetProperty("details").ValueKind);
        return new ErrorBody(json.GetProperty("code").GetString()!, json.GetProperty("message").GetString()!, json.GetProperty("details"));
    }
}
