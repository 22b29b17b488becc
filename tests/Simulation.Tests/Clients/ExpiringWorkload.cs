using AkkaHa.Judge;
using AkkaHa.Judge.Keys;
using AkkaHa.Judge.Sessions;
using AkkaHa.Messages.V1;
using AkkaHa.Simulation.Tests.Runs;

namespace AkkaHa.Simulation.Tests.Clients;

/// <summary>Keys that end by themselves, by a time to live or with a session, among others that do not. Judged key by key, and session by session.</summary>
sealed class ExpiringWorkload(Plan plan) : IWorkload
{
    private readonly int keys = plan.Expiring;
    private readonly RecordedKeys recorded = new(plan);
    private readonly Dictionary<Client, SessionOfClient> sessions = [];
    private readonly List<SessionOfClient> all = [];

    public Task Prepare(Client client) => Task.CompletedTask;

    public Task Step(Client client)
    {
        var key = Key(client);
        return client.Rng.Below(12) switch
        {
            < 4 => recorded.Get(client, key, 4000),
            < 7 => recorded.Write(client, key, KeyAction.Put, condition: client.Rng.Chance(0.4), Ttl(client)),
            < 8 => recorded.Write(client, key, client.Rng.Chance(0.5) ? KeyAction.Put : KeyAction.Delete, condition: client.Rng.Chance(0.5)),
            _ when plan.Kind == Kind.HandOvers => recorded.Get(client, key, 4000),
            < 9 => Both(client, key),
            _ => Bind(client, key),
        };
    }

    private string Key(Client client) => $"brief-{client.Rng.Below(keys)}";

    private static long Ttl(Client client) => client.Rng.Pick([1L, 100, 500, 2000, 6000]);

    /// <summary>Reads one key and writes another, or the same, which ends by itself.</summary>
    private Task Both(Client client, string key)
    {
        var put = Transactions.Put(key, client.Unique());
        put.Put.TtlSeconds = Ttl(client) / 1000.0;
        var request = new TransactionRequest { TransactionId = client.NewTransactionId("e"), DeadlineSeconds = client.Deadline(), Then = { put } };
        var other = Key(client);
        if (other != key) request.Then.Add(Transactions.Get(other));
        return recorded.Run(client, request);
    }

    /// <summary>What a put with a session is: a transaction that rests on the session.</summary>
    private async Task Bind(Client client, string key)
    {
        if (await SessionFor(client) is not { } session) return;
        var put = Transactions.Put(key, client.Unique());
        put.Put.SessionId = session.Id.Text;
        if (client.Rng.Chance(0.2)) put.Put.TtlSeconds = Ttl(client) / 1000.0;
        var request = new TransactionRequest
        {
            TransactionId = client.NewTransactionId("e"), DeadlineSeconds = client.Deadline(), Conditions = { Transactions.Session(session.Id.Text) }, Then = { put }, Else = { Transactions.Get(key) },
        };
        // The end of the session is often just then.
        if (client.Rng.Chance(0.3)) _ = session.Close();
        var answer = await recorded.Run(client, request, session);
        if (answer.Reply?.Transaction is { ConditionsHeld: false }) session.SawEnd(answer.At);
        // Or it is never heard of again.
        else if (client.Rng.Chance(0.2)) session.IsPaused = true;
    }

    private async Task<SessionOfClient?> SessionFor(Client client)
    {
        if (sessions.TryGetValue(client, out var session) && (!session.IsOver || client.Rng.Chance(0.3))) return session;
        if (await SessionOfClient.Open(client, client.Rng.Between(2000, 6000)) is not { } opened) return null;
        all.Add(opened);
        return sessions[client] = opened;
    }

    public async Task Finish(Client client)
    {
        foreach (var session in all) session.IsPaused = true;
        for (var i = 0; i < keys; i++)
            if ((await recorded.Get(client, $"brief-{i}", 60_000)).Reply is null)
                client.World.Fail("healing", $"brief-{i} could not be read");
    }

    public IEnumerable<Violation> Judge() => recorded.Judge().Concat(SessionJudge.Judge(all.Select(s => s.Life)));
}
