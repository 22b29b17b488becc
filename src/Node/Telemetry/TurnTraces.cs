using System.Diagnostics;
using AkkaHa.Messages.Internal;

namespace AkkaHa.Node.Telemetry;

/// <summary>The recorded turns of one entity's present batch: from when the command came until what it came to has left.</summary>
internal sealed class TurnTraces
{
    private List<(Activity Turn, Activity? Persist)>? batch;

    /// <summary>A command is decided with this batch.</summary>
    public void Enter(Activity? turn)
    {
        if (turn is not null) (batch ??= []).Add((turn, null));
    }

    /// <summary>So many rows are written.</summary>
    public void Persisting(int rows)
    {
        for (var i = 0; i < (batch?.Count ?? 0); i++) batch![i] = (batch[i].Turn, NodeTracing.Persist(batch[i].Turn, rows));
    }

    /// <summary>They are durable.</summary>
    public void Persisted()
    {
        for (var i = 0; i < (batch?.Count ?? 0); i++) Stop(batch![i].Persist);
    }

    /// <summary>What an entity sends on belongs to the turn from which it comes, and not just to the call behind that.</summary>
    public void Carry(Command command)
    {
        if (command.Traceparent.Length == 0) return;
        foreach (var (turn, _) in batch ?? [])
        {
            if (turn.ParentId != command.Traceparent) continue;
            command.Traceparent = turn.Id;
            return;
        }
    }

    /// <summary>All has left.</summary>
    /// <param name="failed">Why it has not; null: it has.</param>
    public void End(string? failed = null)
    {
        if (batch is null) return;
        foreach (var (turn, persist) in batch)
        {
            if (failed is not null) turn.SetStatus(ActivityStatusCode.Error, failed);
            Stop(persist);
            Stop(turn);
        }
        batch = null;
    }

    /// <summary>Ends an activity that is not the thread's present one, and leaves that as it is.</summary>
    public static void Stop(Activity? activity)
    {
        if (activity is null || activity.IsStopped) return;
        var present = Activity.Current;
        activity.Stop();
        Activity.Current = present;
    }
}
