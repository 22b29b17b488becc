using System.Collections.Concurrent;
using System.Diagnostics;
using AkkaHa.Node.Telemetry;

namespace AkkaHa.Node.Tests.Telemetry;

/// <summary>What the node records while it is there, and calls that somebody traces.</summary>
internal sealed class RecordedTraces : IDisposable
{
    private readonly ActivitySource source = new($"test {Guid.NewGuid()}");
    private readonly ActivityListener listener;

    public RecordedTraces()
    {
        listener = new ActivityListener
        {
            ShouldListenTo = s => s.Name == NodeTracing.Name || s == source,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = All.Add,
        };
        ActivitySource.AddActivityListener(listener);
    }

    public ConcurrentBag<Activity> All { get; } = [];

    public Activity Begin() => source.StartActivity("call")!;

    public IReadOnlyList<Activity> Of(Activity call) => [.. All.Where(a => a.TraceId == call.TraceId)];

    public void Dispose()
    {
        listener.Dispose();
        source.Dispose();
    }
}
