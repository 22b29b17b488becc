using System.Net.Http.Json;
using System.Text.Json;
using AkkaHa.Chaos.Histories;
using AkkaHa.Cli.Local;

namespace AkkaHa.Chaos.Clients;

/// <summary>Asks one node over HTTP and no other, without repeats: if that node is a zombie, it shall show.</summary>
sealed class PinnedNode(string name, string url, TimeSpan patience) : IDisposable
{
    /// <summary>For those who have something else to do.</summary>
    public static readonly TimeSpan Hurried = TimeSpan.FromSeconds(1);

    /// <summary>Longer than any fault: what a node says when it goes on is heard.</summary>
    public static readonly TimeSpan Patient = TimeSpan.FromSeconds(20);

    private readonly HttpClient http = new(new SocketsHttpHandler { UseProxy = false, ConnectTimeout = TimeSpan.FromMilliseconds(300) })
    {
        BaseAddress = new Uri(url), Timeout = patience,
    };

    private volatile bool isGone;

    public string Name => name;

    /// <summary>It refused the last connection.</summary>
    public bool IsGone => isGone;

    /// <summary>Waits a little, after which it may be there again.</summary>
    public async Task WaitAsync()
    {
        await Task.Delay(TimeSpan.FromMilliseconds(200));
        isGone = false;
    }

    public async Task<PinnedAnswer> SendAsync(HttpMethod method, string path, object? body = null)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null) request.Content = JsonContent.Create(body);
        try
        {
            using var response = await http.SendAsync(request);
            isGone = false;
            using var json = await JsonDocument.ParseAsync(await response.Content.ReadAsStreamAsync());
            var root = json.RootElement.Clone();
            if (response.IsSuccessStatusCode) return new PinnedAnswer(Outcome.Ok, "", root);
            var code = root.TryGetProperty("code", out var said) ? said.GetString() ?? "" : "";
            return code switch
            {
                "INVALID_ARGUMENT" => throw new InvalidOperationException($"{method} {path} was refused: {root}"),
                "" or "OUTCOME_UNKNOWN" => new PinnedAnswer(Outcome.Unknown, code, root),
                _ => new PinnedAnswer(Outcome.Failed, code, root),
            };
        }
        catch (HttpRequestException e) when (e.HttpRequestError == HttpRequestError.ConnectionError)
        {
            isGone = true;
            return new PinnedAnswer(Outcome.Failed, "", default);
        }
        catch (Exception e) when (HttpTrouble.IsNoAnswer(e) || e is TaskCanceledException or IOException or JsonException)
        {
            return new PinnedAnswer(Outcome.Unknown, "", default);
        }
    }

    /// <summary>Asks for a lock for a session. Who gets it does not believe in it, unless it says otherwise.</summary>
    public async Task<GrantOperation> AcquireAsync(string client, string name, string session, double waitSeconds, Func<long> now, string? holderId = null)
    {
        var grant = new GrantOperation(client, now(), 0, Outcome.Unknown, name) { Node = Name, BelievedUntil = 0 };
        var answer = await SendAsync(HttpMethod.Post, $"/v1/locks/{name}:acquire", new { sessionId = session, waitSeconds, holderId = holderId ?? "" });
        grant = grant with { End = now(), Outcome = answer.Outcome };
        return answer.Outcome == Outcome.Ok ? grant with { Fence = answer.Number("fence"), Holder = $"{answer.Text("sessionId")}/{answer.Text("holderId")}" } : grant;
    }

    public void Dispose() => http.Dispose();
}

/// <summary>What one node said.</summary>
/// <param name="Outcome">What is known.</param>
/// <param name="Code">The error's; empty when there is none.</param>
/// <param name="Body">Undefined when nothing was said.</param>
sealed record PinnedAnswer(Outcome Outcome, string Code, JsonElement Body)
{
    /// <summary>An answer all the same.</summary>
    public bool IsNotFound => Code == "NOT_FOUND";

    /// <summary>The session has ended.</summary>
    public bool SaysEnded => Code == "SESSION_EXPIRED";

    /// <summary>A 64-bit number, which JSON has as text; 0 when it is left out.</summary>
    public long Number(string name) => Body.TryGetProperty(name, out var value) ? long.Parse(value.GetString()!, System.Globalization.CultureInfo.InvariantCulture) : 0;

    public string Text(string name) => Body.TryGetProperty(name, out var value) ? value.GetString() ?? "" : "";
}
