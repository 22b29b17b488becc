using System.Collections.Concurrent;
using System.Net;

namespace AkkaHa.Cluster.Tests.Transactions;

/// <summary>What became of transactions by their ids, asked over HTTP of every node in turn: whoever is asked, the answer must be the same.</summary>
internal sealed class Outcomes(ClusterUnderTest cluster)
{
    private const int AtOnce = 12;

    private int next;

    /// <summary>Asks for each. What is still in progress is asked for again until it is decided.</summary>
    public async Task<IReadOnlyDictionary<string, string>> AskAsync(IEnumerable<string> ids)
    {
        var outcomes = new ConcurrentDictionary<string, string>(StringComparer.Ordinal);
        await Parallel.ForEachAsync(ids, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (id, _) =>
            await ClusterUnderTest.EventuallyAsync(async () =>
            {
                var outcome = await OutcomeAsync(HttpMethod.Get, id);
                if (outcome is not null) outcomes[id] = outcome;
                return outcome is not (null or "IN_PROGRESS");
            }, $"transaction {id} was never decided"));
        return outcomes;
    }

    /// <summary>Makes those certain that nobody has heard of.</summary>
    public async Task ResolveAsync(IEnumerable<string> ids)
    {
        foreach (var id in ids)
            await ClusterUnderTest.EventuallyAsync(async () => await OutcomeAsync(HttpMethod.Post, id) is not (null or "IN_PROGRESS"), $"transaction {id} could not be resolved");
    }

    private async Task<string?> OutcomeAsync(HttpMethod method, string id)
    {
        var node = cluster.Nodes[(int)((uint)Interlocked.Increment(ref next) % cluster.Nodes.Count)];
        var (status, body) = await cluster.SendAsync(node, method, $"/v1/transactions/{id}{(method == HttpMethod.Post ? ":resolve" : "")}", method == HttpMethod.Post ? "{}" : null);
        // Unknown is the zero of the enum, which JSON may leave out.
        return status == HttpStatusCode.OK ? body.TryGetProperty("outcome", out var outcome) ? outcome.GetString() : "UNKNOWN" : null;
    }
}
