using System.Diagnostics;
using AkkaHa.Messages.Internal;

namespace AkkaHa.Node.Telemetry;

/// <summary>Traces: from a client's call to the entity's turn and the write of the journal, and on to whomever the entity asks. Only what is recorded costs anything.</summary>
internal static class NodeTracing
{
    /// <summary>What listeners ask for.</summary>
    public const string Name = "AkkaHa.Node";

    private static readonly ActivitySource Source = new(Name);

    /// <summary>A call that came over a pipeline, with the trace context of its caller; others have that of their request. Null: it is not recorded.</summary>
    public static Activity? Call(string method, string traceparent)
    {
        if (!Source.HasListeners()) return null;
        ActivityContext.TryParse(traceparent, null, isRemote: true, out var caller);
        return Source.StartActivity($"POST {method}", ActivityKind.Server, caller);
    }

    /// <summary>A node asks an entity for a client. The command carries the trace on. Null: it is not recorded.</summary>
    public static Activity? Ask(Command command)
    {
        // What nobody called for, as the node's own probes, is no trace.
        if (!Source.HasListeners() || Activity.Current is not { Recorded: true }) return null;
        var asking = Source.StartActivity("ask", ActivityKind.Client);
        if (asking is not { Recorded: true }) return asking;
        asking.SetTag("akkaha.entity", command.Entity).SetTag("akkaha.command", command.BodyCase.ToString());
        command.Traceparent = asking.Id;
        return asking;
    }

    /// <summary>A command has come to its entity. Null: it belongs to no trace that is recorded here.</summary>
    public static Activity? Turn(Command command) => command.Traceparent.Length == 0 || !Source.HasListeners() ? null : TurnOf(command);

    /// <summary>By itself: what it captures is made wherever it begins.</summary>
    private static Activity? TurnOf(Command command)
    {
        if (!ActivityContext.TryParse(command.Traceparent, null, isRemote: true, out var sender)) return null;
        return Apart(() => Source.StartActivity($"turn {command.BodyCase}", ActivityKind.Server, sender))?.SetTag("akkaha.entity", command.Entity);
    }

    /// <summary>The write that a turn waits for.</summary>
    public static Activity? Persist(Activity turn, int rows) =>
        Apart(() => Source.StartActivity("persist", ActivityKind.Client, turn.Context))?.SetTag("akkaha.rows", rows);

    /// <summary>Actors share threads, and many turns are open at once: none of theirs is the thread's present activity.</summary>
    private static Activity? Apart(Func<Activity?> start)
    {
        var present = Activity.Current;
        Activity.Current = null;
        var started = start();
        Activity.Current = present;
        return started;
    }
}
