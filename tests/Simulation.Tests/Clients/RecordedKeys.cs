using AkkaHa.Judge;
using AkkaHa.Judge.Keys;
using AkkaHa.Judge.Lists;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;
using AkkaHa.Simulation.Tests.Runs;
using AkkaHa.Simulation.Tests.World;
using Google.Protobuf;

namespace AkkaHa.Simulation.Tests.Clients;

/// <summary>What clients do with single keys, by themselves and in transactions, written down for the judge.</summary>
sealed class RecordedKeys(Plan plan)
{
    /// <summary>Longer than any message, wait or commit of a client that has given up is on its way before an owner takes it up.</summary>
    private const long LateEffectGraceMs = 20_000;

    private readonly List<KeyCall> history = [];
    private readonly RegisterHistory registers = new();
    private readonly List<(KeyCall Put, long TtlMs, SessionOfClient? Session)> ends = [];
    private readonly Dictionary<string, long> lastRevision = [];

    public long LastRevision(string key) => lastRevision.GetValueOrDefault(key);

    public async Task<Answer> Get(Client client, string key, long giveUpMs)
    {
        var from = client.Now;
        var answer = await client.Ask(EntityId.Key(key), () => new Command { GetKey = new GetKeyRequest { Key = key } }, giveUpMs);
        if (answer.Reply?.KeyValue is { } value)
        {
            lastRevision[key] = value.Revision;
            history.Add(new KeyCall(key, KeyAction.Get, KeyEnd.Done, from, answer.At) { Seen = value.Value.ToStringUtf8(), Revision = value.Revision });
            registers.Got(key, value.Value.ToStringUtf8(), value.Revision, from, answer.At);
        }
        else if (answer.Code == ErrorCode.NotFound)
        {
            lastRevision[key] = 0;
            history.Add(new KeyCall(key, KeyAction.Get, KeyEnd.Done, from, answer.At) { Revision = 0 });
        }
        return answer;
    }

    public async Task Write(Client client, string key, KeyAction action, bool condition, long ttlMs = 0)
    {
        var from = client.Now;
        var value = action == KeyAction.Put ? client.Unique() : null;
        long? ifRevision = condition ? LastRevision(key) : null;
        var answer = await client.Mutate(EntityId.Key(key), () => CommandFor(key, value, ifRevision, ttlMs), client.NewRequestId());
        var call = new KeyCall(key, action, KeyEnd.Unknown, from, Time.Never) { Value = value, IfRevision = ifRevision, GivenUpAt = answer.At };
        switch (answer)
        {
            case { NotDone: true }:
                if (value is not null) registers.Put(key, value, ListEnd.Aborted, null, from, answer.At);
                return;
            case { IsUnknown: true }: break;
            case { Reply.PutKey: { } put }: call = call with { End = KeyEnd.Done, CompletedAt = answer.At, Revision = put.Revision }; break;
            case { Reply.DeleteKey: { } delete }: call = call with { End = KeyEnd.Done, CompletedAt = answer.At, Revision = delete.Revision, Deleted = delete.Deleted }; break;
            case { Code: ErrorCode.RevisionMismatch }:
                call = call with { End = KeyEnd.Refused, CompletedAt = answer.At, Revision = long.Parse(answer.Reply!.Failure.Details.Fields["revision"].StringValue) };
                break;
            case { Code: ErrorCode.LimitExceeded }: return;
            default: throw new InvalidOperationException($"{action} answered {answer.Reply}");
        }
        if (call is { End: not KeyEnd.Unknown, Revision: { } seen }) lastRevision[key] = seen;
        history.Add(call);
        if (value is not null)
            registers.Put(key, value, call.End == KeyEnd.Done ? ListEnd.Committed : call.End == KeyEnd.Refused ? ListEnd.Aborted : ListEnd.Unknown, call.End == KeyEnd.Done ? call.Revision : null, from, answer.At);
        if (ttlMs > 0 && call.End != KeyEnd.Refused) ends.Add((call, ttlMs, null));
    }

    private static Command CommandFor(string key, string? value, long? ifRevision, long ttlMs)
    {
        if (value is null)
        {
            var delete = new DeleteKeyRequest { Key = key };
            if (ifRevision is { } revision) delete.IfRevision = revision;
            return new Command { DeleteKey = delete };
        }
        var put = new PutKeyRequest { Key = key, Value = ByteString.CopyFromUtf8(value) };
        if (ifRevision is { } wanted) put.IfRevision = wanted;
        if (ttlMs > 0) put.TtlSeconds = ttlMs / 1000.0;
        return new Command { PutKey = put };
    }

    /// <summary>A transaction of puts and gets: to each key it is one write or one read like any other.</summary>
    public async Task<Answer> Run(Client client, TransactionRequest request, SessionOfClient? session = null)
    {
        var from = client.Now;
        var reads = request.Conditions.Count == 0 && request.Then.All(o => o.Get is not null) && client.Rng.Chance(0.5);
        var answer = reads ? await client.Snapshot(request) : await client.Run(request);
        registers.Ran(request, answer, from);
        if (answer.NotDone || answer.IsAborted() || answer.Code == ErrorCode.LimitExceeded) return answer;
        var result = answer.Reply?.Transaction;
        if (result is null && !answer.IsUnknown) throw new InvalidOperationException($"a transaction answered {answer.Reply}");
        var branch = result is { ConditionsHeld: false } ? request.Else : request.Then;
        for (var i = 0; i < branch.Count; i++)
        {
            var put = branch[i].Put;
            var call = new KeyCall(put?.Key ?? branch[i].Get.Key, put is null ? KeyAction.Get : KeyAction.Put, KeyEnd.Unknown, from, Time.Never) { Value = put?.Value.ToStringUtf8() };
            if (result is not null)
                call = call with { End = KeyEnd.Done, CompletedAt = answer.At, Revision = result.Results[i].Revision, Seen = put is null ? result.Results[i].Text() : null };
            if (call.End == KeyEnd.Done || put is not null) history.Add(call);
            if (put is { HasTtlSeconds: true } or { HasSessionId: true }) ends.Add((call, (long)Math.Round(put.TtlSeconds * 1000), put.HasSessionId ? session : null));
        }
        return answer;
    }

    public IEnumerable<Violation> Judge() => LinearizabilityJudge.Judge([.. history, .. ends.Select(End)], plan.Storm.MessageVeryLate > 0 ? null : LateEffectGraceMs).Concat(registers.Judge());

    /// <summary>A write by the service itself, at a moment that nobody knows, or never: not before the time is over, or the session.</summary>
    private KeyCall End((KeyCall Put, long TtlMs, SessionOfClient? Session) end)
    {
        var byTime = end.TtlMs > 0 ? end.Put.InvokedAt + end.TtlMs - ClocksDifferMs(end.Put.InvokedAt + end.TtlMs) : Time.Never;
        var bySession = end.Session is { } session ? Math.Min(session.ClosedAt, session.SafeUntil) : Time.Never;
        return new KeyCall(end.Put.Key, KeyAction.Expire, KeyEnd.Unknown, Math.Max(end.Put.InvokedAt, Math.Min(byTime, bySession)), Time.Never) { Value = end.Put.Value };
    }

    /// <summary>By how much the clocks of two nodes may differ at that time: one writes when the key ends, another finds that it is time.</summary>
    private long ClocksDifferMs(long at) => 2 + (2 * plan.Storm.SkewMs) + (2 * at * plan.Storm.DriftPpm / 1_000_000);
}
