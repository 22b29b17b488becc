using System.Diagnostics;
using Akka.Actor;
using Akka.Persistence;

namespace AkkaHa.Node.Storage;

/// <summary>A row to be stored.</summary>
internal sealed record NewRow(string PersistenceId, long SequenceNr, byte[] Message, string Manifest, int Serializer);

/// <summary>What one entity wants stored, all of it or none, and how it is told what came of that.</summary>
/// <param name="asked">The entity's words.</param>
/// <param name="rows">Its rows.</param>
/// <param name="isOfTransactions">All that they tell of is done by transactions over several entities.</param>
/// <param name="journal">Who answers.</param>
internal sealed class JournalWrite(WriteMessages asked, IReadOnlyList<NewRow> rows, bool isOfTransactions, IActorRef journal)
{
    private readonly Lock gate = new();
    private readonly long askedAt = Stopwatch.GetTimestamp();
    private TaskCompletionSource? whenEnded;
    private bool ended;

    public IReadOnlyList<NewRow> Rows => rows;

    public bool IsOfTransactions => isOfTransactions;

    /// <summary>A transaction can't come to its end before it is stored.</summary>
    public bool IsAwaited { get; init; }

    /// <summary>Why it can't be written, and so has no rows; null: it can.</summary>
    public Exception? Unwritable { get; init; }

    /// <summary>Since when its entity waits.</summary>
    public TimeSpan Age => Stopwatch.GetElapsedTime(askedAt);

    /// <summary>Done when its rows are stored, or will not be any more, or nobody knows.</summary>
    public Task WhenEnded
    {
        get
        {
            lock (gate)
            {
                if (ended) return Task.CompletedTask;
                whenEnded ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                return whenEnded.Task;
            }
        }
    }

    /// <summary>All of it is durable.</summary>
    public void Stored()
    {
        End();
        asked.PersistentActor.Tell(WriteMessagesSuccessful.Instance, journal);
        Tell(null);
    }

    /// <summary>None of it is stored, or nobody knows.</summary>
    public void Failed(Exception why)
    {
        End();
        asked.PersistentActor.Tell(new WriteMessagesFailed(why, asked.Messages.Count(m => m is AtomicWrite)), journal);
        Tell(why);
    }

    private void Tell(Exception? why)
    {
        foreach (var message in asked.Messages)
        {
            if (message is not AtomicWrite write)
            {
                // Not to be stored; it only keeps its place among those that are.
                asked.PersistentActor.Tell(new LoopMessageSuccess(message.Payload, asked.ActorInstanceId), message.Sender);
                continue;
            }
            foreach (var row in (IEnumerable<IPersistentRepresentation>)write.Payload)
                asked.PersistentActor.Tell(why is null ? new WriteMessageSuccess(row, asked.ActorInstanceId) : new WriteMessageFailure(row, why, asked.ActorInstanceId), row.Sender);
        }
    }

    private void End()
    {
        lock (gate)
        {
            ended = true;
            whenEnded?.TrySetResult();
        }
    }
}
