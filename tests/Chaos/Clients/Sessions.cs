using AkkaHa.Chaos.Histories;
using AkkaHa.Messages;

namespace AkkaHa.Chaos.Clients;

/// <summary>
/// Lives of sessions: made, kept alive by whichever node, closed or left alone; then everybody may see that they have ended. Each call goes to
/// one node without repeats, so that a node that is wrong can't hide behind the others. Some ask for a lock at the beginning, and may still wait for it when the session has ended.
/// </summary>
/// <param name="name">Who it is.</param>
/// <param name="nodes">For what must not wait long.</param>
/// <param name="patient">The same, for what may.</param>
/// <param name="bench">What all share.</param>
/// <param name="seed">Of what it does.</param>
sealed class Sessions(string name, IReadOnlyList<PinnedNode> nodes, IReadOnlyList<PinnedNode> patient, Bench bench, int seed) : Workload(name, bench, seed)
{
    private const int Watches = 60;
    private const double WaitSeconds = 8;

    private readonly List<Task> waiting = [];

    public override TimeSpan Think => TimeSpan.FromMilliseconds(100);

    protected override async Task StepAsync()
    {
        var ttl = TimeSpan.FromSeconds(Random.Next(2, 5));
        var created = Now;
        if (await CreateAsync(ttl) is not { } session) return;
        var believed = new Believed { Until = created + (long)ttl.TotalMicroseconds };
        if (Random.Next(2) == 0) waiting.Add(HoldAsync(session, believed));
        await LiveAsync(session, ttl, believed);
        foreach (var done in waiting.Where(w => w.IsCompleted).ToArray())
        {
            await done;
            waiting.Remove(done);
        }
    }

    protected override Task EndAsync() => Task.WhenAll(waiting);

    /// <summary>Until when the session is certainly alive, and its locks held. It grows with each keepalive.</summary>
    private sealed class Believed
    {
        public long Until { get; set; }

        public TaskCompletionSource Over { get; } = new();
    }

    private async Task LiveAsync(string session, TimeSpan ttl, Believed believed)
    {
        try
        {
            var life = TimeSpan.FromSeconds(1 + (Random.NextDouble() * 8));
            var since = Now;
            while (Now - since < life.TotalMicroseconds)
            {
                await Task.Delay(ttl / 6);
                var asked = Now;
                var answer = await AskAsync(session, SessionAction.KeepAlive);
                if (answer.Outcome == Outcome.Ok) believed.Until = asked + (long)ttl.TotalMicroseconds;
                if (!answer.SaysEnded) continue;
                Bench.EndedSessions.Add(new Ended(session));
                return;
            }
            if (Random.Next(2) == 0)
            {
                believed.Until = Math.Min(believed.Until, Now);
                var closed = await AskAsync(session, SessionAction.Close);
                if (closed.Outcome == Outcome.Ok || closed.SaysEnded)
                {
                    Bench.EndedSessions.Add(new Ended(session));
                    return;
                }
            }
        }
        finally
        {
            believed.Over.SetResult();
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

    private async Task HoldAsync(string session, Believed believed)
    {
        var name = Use(EntityId.Lock(Names.OfSessions(Random.Next(Names.SessionLocks), Now)));
        var holderId = $"h{Bench.Unique()}";
        var grant = await patient[Random.Next(patient.Count)].AcquireAsync(Name, name, session, WaitSeconds, () => Now, holderId);
        GrantOperation? again = null;
        if (grant.Outcome == Outcome.Ok && Random.Next(2) == 0)
        {
            // The same holder by another request, and another node: it has what it has, or its session has ended.
            await Task.Delay(Random.Next(2000));
            again = await patient[Random.Next(patient.Count)].AcquireAsync(Name, name, session, 0, () => Now, holderId);
        }
        await believed.Over.Task;
        Bench.Recorder.Add(grant with { BelievedUntil = believed.Until });
        if (again is not null) Bench.Recorder.Add(again with { BelievedUntil = believed.Until });
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
