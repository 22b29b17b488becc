using AkkaHa.Judge;
using AkkaHa.Judge.Keys;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;
using AkkaHa.Simulation.Tests.Runs;
using Google.Protobuf;

namespace AkkaHa.Simulation.Tests.Clients;

/// <summary>Single keys: read, write, delete, compare; also as parts of transactions. Judged key by key.</summary>
sealed class RegisterWorkload(Plan plan) : IWorkload
{
    /// <summary>Longer than any message, wait or commit of a client that has given up is on its way before an owner takes it up.</summary>
    private const long LateEffectGraceMs = 20_000;

    private readonly int keys = plan.Registers;

    private readonly List<KeyCall> history = [];
    private readonly Dictionary<string, long> lastRevision = [];

    public Task Prepare(Client client) => Task.CompletedTask;

    public Task Step(Client client)
    {
        var key = $"register-{client.Rng.Below(keys)}";
        return client.Rng.Below(10) switch
        {
            < 3 => Get(client, key, 4000),
            < 6 => Write(client, key, KeyAction.Put, condition: client.Rng.Chance(0.5)),
            < 7 => Write(client, key, KeyAction.Delete, condition: client.Rng.Chance(0.5)),
            _ when plan.Kind == Kind.HandOvers => Get(client, key, 4000),
            _ => Both(client),
        };
    }

    private async Task<Answer> Get(Client client, string key, long giveUpMs)
    {
        var from = client.Now;
        var answer = await client.Ask(EntityId.Key(key), () => new Command { GetKey = new GetKeyRequest { Key = key } }, giveUpMs);
        if (answer.Reply?.KeyValue is { } value)
        {
            lastRevision[key] = value.Revision;
            history.Add(new KeyCall(key, KeyAction.Get, KeyEnd.Done, from, answer.At) { Seen = value.Value.ToStringUtf8(), Revision = value.Revision });
        }
        else if (answer.Code == ErrorCode.NotFound)
        {
            lastRevision[key] = 0;
            history.Add(new KeyCall(key, KeyAction.Get, KeyEnd.Done, from, answer.At) { Revision = 0 });
        }
        return answer;
    }

    private async Task Write(Client client, string key, KeyAction action, bool condition)
    {
        var from = client.Now;
        var value = action == KeyAction.Put ? client.Unique() : null;
        long? ifRevision = condition ? lastRevision.GetValueOrDefault(key) : null;
        var answer = await client.Mutate(EntityId.Key(key), () => CommandFor(key, value, ifRevision), client.NewRequestId());
        var call = new KeyCall(key, action, KeyEnd.Unknown, from, Time.Never) { Value = value, IfRevision = ifRevision, GivenUpAt = answer.At };
        switch (answer)
        {
            case { NotDone: true }: return;
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
    }

    private static Command CommandFor(string key, string? value, long? ifRevision)
    {
        if (value is null)
        {
            var delete = new DeleteKeyRequest { Key = key };
            if (ifRevision is { } revision) delete.IfRevision = revision;
            return new Command { DeleteKey = delete };
        }
        var put = new PutKeyRequest { Key = key, Value = ByteString.CopyFromUtf8(value) };
        if (ifRevision is { } wanted) put.IfRevision = wanted;
        return new Command { PutKey = put };
    }

    /// <summary>Two keys in one transaction: to each key it is one write or one read like any other.</summary>
    private async Task Both(Client client)
    {
        var from = client.Now;
        var first = client.Rng.Below(keys);
        string[] names = [$"register-{first}", $"register-{(first + 1) % keys}"];
        var request = new TransactionRequest { TransactionId = $"r-{client.Unique()}", DeadlineSeconds = client.Deadline() };
        foreach (var name in names.Distinct())
            request.Then.Add(client.Rng.Chance(0.6) ? Transactions.Put(name, client.Unique()) : Transactions.Get(name));
        var answer = await client.Run(request);
        if (answer.NotDone || answer.IsAborted() || answer.Code == ErrorCode.LimitExceeded) return;
        for (var i = 0; i < request.Then.Count; i++)
        {
            var put = request.Then[i].Put;
            var call = new KeyCall(put?.Key ?? request.Then[i].Get.Key, put is null ? KeyAction.Get : KeyAction.Put, KeyEnd.Unknown, from, Time.Never) { Value = put?.Value.ToStringUtf8() };
            if (answer.Reply?.Transaction is { } result)
                call = call with { End = KeyEnd.Done, CompletedAt = answer.At, Revision = result.Results[i].Revision, Seen = put is null ? result.Results[i].Text() : null };
            else if (!answer.IsUnknown) throw new InvalidOperationException($"a transaction answered {answer.Reply}");
            if (call.End == KeyEnd.Done || put is not null) history.Add(call);
        }
    }

    public async Task Finish(Client client)
    {
        for (var i = 0; i < keys; i++)
            if ((await Get(client, $"register-{i}", 60_000)).Reply is null)
                client.World.Fail("healing", $"register-{i} could not be read");
    }

    public IEnumerable<Violation> Judge() => LinearizabilityJudge.Judge(history, plan.Storm.MessageVeryLate > 0 ? null : LateEffectGraceMs);
}
