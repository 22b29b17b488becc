using System.Diagnostics;
using AkkaHa.ClientApi.Tests.Fakes;
using AkkaHa.Messages.V1;
using Xunit;

namespace AkkaHa.ClientApi.Tests.Connection;

public sealed class TracePropagationTests
{
    /// <summary>By its method, over a pipeline, and by its method where the node does not know it there.</summary>
    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task A_call_carries_the_trace_of_the_caller_s_activity(bool pipelined, bool fallsBack)
    {
        await using var node = await FakeNode.StartAsync();
        string? seen = null;
        node.On<GetKeyRequest, KeyValue>((request, context) =>
        {
            seen = context.RequestHeaders.GetValue("traceparent");
            return Task.FromResult(new KeyValue { Key = request.Key, Revision = 1 });
        });
        await using var client = TestClient.Connect(TestClient.Patient with { Pipelining = pipelined }, node);
        if (pipelined) await PipelineTests.ReadyAsync(client, node);
        node.KnowsNothing = fallsBack;

        using var activity = new Activity("of the application").SetIdFormat(ActivityIdFormat.W3C);
        activity.ActivityTraceFlags = ActivityTraceFlags.Recorded;
        activity.Start();
        await client.Keys.GetAsync("k");
        activity.Stop();

        Assert.NotNull(seen);
        Assert.True(ActivityContext.TryParse(seen, null, out var context), seen);
        Assert.Equal((activity.TraceId, ActivityTraceFlags.Recorded), (context.TraceId, context.TraceFlags));
    }
}
