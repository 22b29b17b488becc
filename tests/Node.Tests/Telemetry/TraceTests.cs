using System.Diagnostics;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;
using AkkaHa.Node.Telemetry;
using AkkaHa.Node.Tests.Membership;
using Xunit;

namespace AkkaHa.Node.Tests.Telemetry;

/// <summary>A recorded call can be followed: from the ask to the entity's turn, its write, and the participants of a transaction.</summary>
public sealed class TraceTests
{
    [Fact]
    public async Task A_transaction_is_one_trace_over_coordinator_participants_and_their_writes()
    {
        using var recorded = new RecordedTraces();
        await using var cluster = new InProcessCluster();
        var node = await cluster.StartAsync();
        var request = new TransactionRequest { TransactionId = Guid.CreateVersion7().ToString(), Then = { Add("a"), Add("b") } };
        var command = new Command { Entity = node.Parts.Shards.TransactionSlotOf(request.TransactionId).ToString(), RunTransaction = request };
        using var call = recorded.Begin();
        using (var ask = NodeTracing.Ask(command)) Assert.Equal(ask!.Id, command.Traceparent);
        Assert.Equal("COMMITTED", (await InProcessCluster.AskAsync(node, command)).Transaction.Outcome.ToString().ToUpperInvariant());

        // A turn is over, and so recorded, only after what it has sent.
        await InProcessCluster.EventuallyAsync(() => recorded.Of(call).CountBy(a => a.OperationName).ToDictionary() is var ended
            && new[] { ("turn RunTransaction", 1), ("turn Prepare", 2), ("turn Vote", 2), ("turn Commit", 2), ("persist", 3) }.All(e => ended.GetValueOrDefault(e.Item1) >= e.Item2));
        var trace = recorded.Of(call);
        var run = Assert.Single(trace, a => a.OperationName == "turn RunTransaction");
        var prepares = trace.Where(a => a.OperationName == "turn Prepare").ToArray();
        Assert.Equal(["kv/a", "kv/b"], prepares.Select(a => (string?)a.GetTagItem("akkaha.entity")).Order(StringComparer.Ordinal));
        Assert.All(prepares, p => Assert.Equal(run.SpanId, p.ParentSpanId));
        Assert.Equal(prepares.Select(p => p.SpanId.ToString()).Order(), trace.Where(a => a.OperationName == "turn Vote").Select(a => a.ParentSpanId.ToString()).Order());
        foreach (var turn in prepares.Append(run)) Assert.Contains(trace, a => a.OperationName == "persist" && a.ParentSpanId == turn.SpanId);
        Assert.All(trace, a => Assert.NotEqual(ActivityStatusCode.Error, a.Status));
    }

    [Fact]
    public async Task What_is_in_no_recorded_trace_leaves_none()
    {
        using var recorded = new RecordedTraces();
        await using var cluster = new InProcessCluster();
        var node = await cluster.StartAsync();
        var put = InProcessCluster.Put("untraced");
        Activity.Current = null;
        Assert.Null(NodeTracing.Ask(put));
        Assert.Empty(put.Traceparent);
        await InProcessCluster.AskAsync(node, put);
        Assert.DoesNotContain(recorded.All, a => (string?)a.GetTagItem("akkaha.entity") == "kv/untraced");
    }

    private static Operation Add(string key) => new() { Add = new AddOperation { Key = key, Amount = 1 } };
}
