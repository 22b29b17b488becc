using AkkaHa.Chaos.Histories;
using AkkaHa.Messages;

namespace AkkaHa.Chaos.Clients;

/// <summary>
/// Lives of sessions: made, kept alive by whichever node, closed or left alone; then everybody may see that they have ended. Each call goes to
/// one node without repeats, so that a node that is wrong can't hide behind the others.
/// </summary>
sealed class Sessions(string name, IReadOnlyList<PinnedNode> nodes, Bench bench, int seed) : Workload(name, bench, seed)
{
    private const int Watches = 60;

    public override TimeSpan Think => TimeSpan.FromMilliseconds(100);

    protected override async Task StepAsync()
    {
        var ttl = TimeSpan.FromSeconds(Random.Next(2, 5));
        if (await CreateAsync(ttl) is not { } session) return;
        var life = TimeSpan.FromSeconds(1 + (Random.NextDouble() * 8));
        var since = Now;
        while (Now - since < life.TotalMicroseconds)
        {
            await Task.Delay(ttl / 6);
            if ((await AskAsync(session, SessionAction.KeepAlive)).SaysEnded)
            {
                Bench.EndedSessions.Add(new Ended(session));
                return;
            }
        }
        if (Random.Next(2) == 0 && await AskAsync(session, SessionAction.Close) is { } closed && (closed.Outcome == Outcome.Ok || closed.SaysEnded))
        {
            Bench.EndedSessions.Add(new Ended(session));
            return;
        }
        // Left alone: it ends by itself, some time after its time to live. Looking does not keep it alive.
        for (var watches = 0; watches < Watches; watches++)
        {
            await Task.Delay(ttl / 4);
            if (!(await AskAsync(session, SessionAction.Get)).SaysEnded) continue;
            Bench.EndedSessions.Add(new Ended(session));
            return;
        }
    }

    private PinnedNode AnyNode() => nodes[Random.Next(nodes.Count)];

    private async Task<string?> CreateAsync(TimeSpan ttl)
    {
        var node = AnyNode();
        var call = new SessionOperation(Name, Now, 0, Outcome.Unknown, "", SessionAction.Create) { Node = node.Name, TtlSeconds = ttl.TotalSeconds };
        var answer = await node.SendAsync(HttpMethod.Post, "/v1/sessions", new { ttlSeconds = ttl.TotalSeconds, label = "chaos" });
        call = call with { End = Now, Outcome = answer.Outcome };
        if (answer.Outcome == Outcome.Ok) call = call with { Session = answer.Text("sessionId") };
        Bench.Recorder.Add(call);
        return answer.Outcome == Outcome.Ok ? call.Session : null;
    }

    private async Task<PinnedAnswer> AskAsync(string session, SessionAction action)
    {
        if (SessionId.TryParse(session, out var id)) Use(id.Entity);
        var node = AnyNode();
        var call = new SessionOperation(Name, Now, 0, Outcome.Unknown, session, action) { Node = node.Name };
        var answer = action switch
        {
            SessionAction.KeepAlive => await node.SendAsync(HttpMethod.Post, $"/v1/sessions/{session}:keepAlive", new { }),
            SessionAction.Get => await node.SendAsync(HttpMethod.Get, $"/v1/sessions/{session}"),
            _ => await node.SendAsync(HttpMethod.Delete, $"/v1/sessions/{session}"),
        };
        Bench.Recorder.Add(call with { End = Now, Outcome = answer.Outcome, SaysEnded = answer.SaysEnded });
        return answer;
    }
}
