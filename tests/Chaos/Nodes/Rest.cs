using System.Text.Json;
using AkkaHa.Cli.Local;

namespace AkkaHa.Chaos.Nodes;

/// <summary>Whether the cluster has come to rest: every running node is ready, and all agree on who is a member.</summary>
sealed class Rest(ChaosCluster cluster) : IDisposable
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(500);

    private readonly HttpClient http = new() { Timeout = TimeSpan.FromSeconds(3) };

    /// <summary>Waits for it. Says why not, when it does not come to that in time.</summary>
    public async Task<string?> WaitAsync(TimeSpan atMost)
    {
        var until = DateTime.UtcNow + atMost;
        while (true)
        {
            var why = await WhyNotAsync();
            if (why is null || DateTime.UtcNow > until) return why;
            await Task.Delay(Poll);
        }
    }

    public void Dispose() => http.Dispose();

    private async Task<string?> WhyNotAsync()
    {
        var running = cluster.All.Where(n => n.Process.IsRunning).ToArray();
        if (cluster.Members.FirstOrDefault(n => !n.Process.IsRunning) is { } dead) return $"{dead.Name} does not run";
        var expected = string.Join(' ', running.Select(n => $"{n.Process.Address} Up").Order(StringComparer.Ordinal));
        foreach (var node in running)
        {
            try
            {
                using var ready = await http.GetAsync(new Uri($"{node.Process.HttpUrl}/ready"));
                if (!ready.IsSuccessStatusCode) return $"{node.Name} is not ready: {await ready.Content.ReadAsStringAsync()}";
                using var json = JsonDocument.Parse(await http.GetStringAsync(new Uri($"{node.Process.HttpUrl}/v1/cluster")));
                var members = string.Join(' ', json.RootElement.GetProperty("members").EnumerateArray().Select(m => $"{m.GetProperty("address").GetString()} {m.GetProperty("status").GetString()}").Order(StringComparer.Ordinal));
                if (members != expected) return $"{node.Name} has the members {members}, and not {expected}";
                if (json.RootElement.TryGetProperty("unreachable", out var unreachable) && unreachable.GetArrayLength() > 0) return $"{node.Name} does not reach {unreachable}";
            }
            catch (Exception e) when (HttpTrouble.IsNoAnswer(e) || e is TaskCanceledException or JsonException)
            {
                return $"{node.Name} does not answer: {e.Message}";
            }
        }
        return null;
    }
}
