using System.Collections.Immutable;
using Akka.Actor;
using Akka.Persistence;
using Akka.Persistence.Journal;

namespace AkkaHa.Node.Tests.Entities;

/// <summary>What the next writes of a journal are to come to.</summary>
internal sealed class JournalScript
{
    /// <summary>Writes wait for this.</summary>
    public TaskCompletionSource? Hold { get; set; }

    /// <summary>The next write is stored, but reported as failed.</summary>
    public bool FailAfterStoring { get; set; }

    /// <summary>The next write is not stored, and reported as failed.</summary>
    public bool FailBeforeStoring { get; set; }

    /// <summary>The next write is rejected.</summary>
    public bool Reject { get; set; }

    /// <summary>The next replay waits for this, and fails.</summary>
    public Task? FailReplayAfter { get; set; }

    /// <summary>How many rows each write had.</summary>
    public List<int> Writes { get; } = [];
}

/// <summary>Akka's journal in memory, doing what the script of its actor system says.</summary>
public sealed class ScriptedJournal : MemoryJournal
{
    internal static readonly System.Runtime.CompilerServices.ConditionalWeakTable<Akka.Actor.ActorSystem, JournalScript> Scripts = [];

    private readonly JournalScript script = Scripts.GetOrCreateValue(Context.System);

    public override async Task ReplayMessagesAsync(
        IActorContext context, string persistenceId, long fromSequenceNr, long toSequenceNr, long max, Action<IPersistentRepresentation> recoveryCallback)
    {
        if (script.FailReplayAfter is { } until)
        {
            script.FailReplayAfter = null;
            await until;
            throw new IOException("the replay failed by the script");
        }
        await base.ReplayMessagesAsync(context, persistenceId, fromSequenceNr, toSequenceNr, max, recoveryCallback);
    }

    protected override async Task<IImmutableList<Exception?>> WriteMessagesAsync(IEnumerable<AtomicWrite> messages, CancellationToken cancellationToken)
    {
        var writes = messages.ToArray();
        lock (script.Writes) script.Writes.AddRange(writes.Select(w => w.Size));
        if (script.Hold is { } hold) await hold.Task.WaitAsync(cancellationToken);
        if (script.Reject)
        {
            script.Reject = false;
            return writes.Select(_ => (Exception?)new InvalidOperationException("rejected by the script")).ToImmutableList();
        }
        if (script.FailBeforeStoring)
        {
            script.FailBeforeStoring = false;
            throw new IOException("failed by the script, not stored");
        }
        var result = await base.WriteMessagesAsync(writes, cancellationToken);
        if (script.FailAfterStoring)
        {
            script.FailAfterStoring = false;
            throw new IOException("failed by the script, but stored");
        }
        return result!;
    }
}
