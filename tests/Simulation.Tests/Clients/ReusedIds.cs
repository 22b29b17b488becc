using AkkaHa.Judge;
using AkkaHa.Judge.Lists;
using AkkaHa.Messages.V1;

namespace AkkaHa.Simulation.Tests.Clients;

/// <summary>
/// Two transactions under one id, sent one soon after the other, as no client should: at most one of them is done, whichever. While the first one's start is lost and its participants have prepared, they find the
/// second to be another payload.
/// </summary>
sealed class ReusedIds
{
    private readonly List<ListTransaction> recorded = [];

    public async Task Step(Client client, string one, string other)
    {
        var id = client.NewTransactionId("u");
        var first = SendAsync(client, id, one, other, "first");
        await client.World.Scheduler.Delay(client.Rng.Between(0, 300));
        await SendAsync(client, id, one, other, "second");
        await first;
    }

    public IEnumerable<ListTransaction> Recorded() => recorded;

    private async Task SendAsync(Client client, string id, string one, string other, string which)
    {
        string[] keys = [.. new[] { one, other }.Distinct()];
        var request = new TransactionRequest { TransactionId = id, DeadlineSeconds = client.Deadline() };
        var elements = keys.Select(_ => client.Unique()).ToArray();
        for (var i = 0; i < keys.Length; i++) request.Then.Add(Transactions.Append(keys[i], elements[i] + " "));
        var from = client.Now;
        var answer = await client.Run(request);
        // Results may be gone; then what was appended is known, and what was there is not.
        var end = answer.Reply?.Transaction is not null || answer.IsCommittedWithoutResults ? ListEnd.Committed
            : answer.IsUnknown ? ListEnd.Unknown
            : answer.NotDone || answer.IsAborted() || answer.Code is ErrorCode.InvalidArgument or ErrorCode.LimitExceeded ? ListEnd.Aborted
            : throw new InvalidOperationException($"a transaction answered {answer.Reply}");
        recorded.Add(new ListTransaction($"{id} {which}", end, from, end == ListEnd.Unknown ? Time.Never : answer.At, [.. keys.Select((k, i) => new ListStep(k, elements[i], null))]));
    }
}
