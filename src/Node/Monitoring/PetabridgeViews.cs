using System.Globalization;
using System.Text;
using AkkaHa.Messages;
using AkkaHa.Messages.V1;
using AkkaHa.Node.Api;
using AkkaHa.Node.Api.Cluster;
using AkkaHa.Node.Api.Errors;
using AkkaHa.Node.Api.Locks;
using AkkaHa.Node.Api.Transactions;

namespace AkkaHa.Node.Monitoring;

/// <summary>What <see cref="PetabridgeCommands"/> show, as lines of text; from what the API serves, and with its refusals.</summary>
internal sealed class PetabridgeViews(EntityCalls calls, ILockLists lists, IClusterView cluster)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public async Task<string> LocksAsync(string prefix)
    {
        using var patience = new CancellationTokenSource(Patience);
        var page = await lists.ListAsync(new ListLocksRequest { Prefix = prefix, Limit = Limits.ListPageKeys }, patience.Token);
        return Lines(
            page.Locks.Select(l => $"{l.Name}\tfence {Text(l.LastFence)}\theld by {string.Join(", ", l.Holders.Select(h => h.Label.Length > 0 ? h.Label : h.SessionId))}\t{Text(l.Waiters.Count)} waiting"),
            "no lock is held or waited for", page.Next.Length > 0);
    }

    public async Task<string> TransactionsAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        var open = await OpenTransactionsQuery.RunAsync(calls, Limits.ListPageDefault, patience.Token);
        return Lines(
            open.Transactions.Select(t => $"{t.TransactionId}\t{t.Outcome}\t{Text(Math.Round(t.AgeSeconds, 1))} s\twaiting for {string.Join(", ", t.WaitingFor)}"), "no transaction is open", open.More);
    }

    public async Task<string> RingAsync(string entity)
    {
        using var patience = new CancellationTokenSource(Patience);
        Refusals.ThrowIf(RingValidation.Check(new GetRingRequest { Key = entity }, calls.Shards, out var one));
        var ring = await cluster.RingAsync(one, patience.Token);
        if (one is not null) return $"shard {ring.Shard}\t{(ring.Allocated ? ring.Node : "nobody")}\tepoch {Text(ring.Epoch)}";
        return Lines(ring.Shards.GroupBy(s => s.Allocated ? s.Node : "nobody").OrderBy(g => g.Key, StringComparer.Ordinal).Select(g => $"{g.Key}\t{Text(g.Count())} shards"), "no shards", more: false);
    }

    private static string Lines(IEnumerable<string> lines, string otherwise, bool more)
    {
        var text = new StringBuilder().AppendJoin('\n', lines);
        if (text.Length == 0) text.Append(otherwise);
        if (more) text.Append("\nand more");
        return text.ToString();
    }

    private static string Text(IFormattable number) => number.ToString(null, CultureInfo.InvariantCulture);
}
