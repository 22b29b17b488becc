using System.Diagnostics.Metrics;
using AkkaHa.Node.Metrics;

namespace AkkaHa.Node.Monitoring;

/// <summary>Listens to what the node counts of its writes to the journal.</summary>
internal sealed class PersistTimes : IHostedService, IDisposable
{
    private readonly MeterListener listener = new();

    public PersistTimes(NodeHistory history)
    {
        listener.InstrumentPublished = static (instrument, listener) =>
        {
            if (instrument.Meter.Name == NodeMeter.Name && instrument.Name is NodeMeter.PersistDurationName or NodeMeter.FailedPersistsName) listener.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<double>((instrument, seconds, _, _) =>
        {
            if (instrument.Name == NodeMeter.PersistDurationName) history.Called(CallKind.Journal, CallEnd.Done, seconds);
        });
        listener.SetMeasurementEventCallback<long>((instrument, count, _, _) =>
        {
            if (instrument.Name != NodeMeter.FailedPersistsName) return;
            for (var i = 0; i < count; i++) history.Called(CallKind.Journal, CallEnd.Failed, null);
        });
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        listener.Start();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => listener.Dispose();
}
