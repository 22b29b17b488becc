using AkkaHa.Messages.Internal;
using AkkaHa.Messages.Storage;

namespace AkkaHa.Core.Entities;

/// <summary>
/// The rules of one kind of entity. It decides by recording events, answers and messages on the <see cref="Turn"/>; it never does anything.
/// Its durable state changes in <see cref="Apply"/> alone; what else it keeps (open calls, deadlines) is gone with the activation.
/// </summary>
public interface IMachine
{
    /// <summary>Takes the state from a snapshot.</summary>
    /// <exception cref="InvalidHistoryException">The snapshot is another kind's.</exception>
    void Restore(Snapshot snapshot);

    /// <summary>Puts the state into a snapshot.</summary>
    void Save(Snapshot snapshot);

    /// <summary>Folds one event into the state.</summary>
    /// <exception cref="InvalidHistoryException">The event is impossible in this state.</exception>
    void Apply(Event @event, Stamp stamp);

    /// <summary>Called once, after recovery, before anything else.</summary>
    void Activated(Turn turn);

    /// <summary>Decides one command.</summary>
    void Handle(Command command, Call call, Turn turn);

    /// <summary>Called when <see cref="WakeAtMs"/> has passed (perhaps long ago).</summary>
    void Tick(Turn turn);

    /// <summary>When <see cref="Tick"/> is wanted, on the monotonic clock; null: not at all.</summary>
    long? WakeAtMs { get; }

    /// <summary>True when nothing is lost by ending this activation: no holder, waiter, intent or open work.</summary>
    bool IsIdle { get; }

    /// <summary>Whether something waits for a row to be stored with, or others are to be told that it has ended.</summary>
    bool HasUnstored => false;

    /// <summary>The activation is about to end: whatever <see cref="HasUnstored"/> means is stored, or said.</summary>
    void Leaving(Turn turn)
    {
    }

    /// <summary>Whether the state itself remembers this request (a waiter, for example), so that it never ages.</summary>
    bool Knows(string requestId);

    /// <summary>Whether this command, to an entity that has no history at all, only asks what is not there.</summary>
    bool IsReadOfNothing(Command command);

    /// <summary>Whether deciding this command now would tell nobody anything: it may wait a little for what comes next, and share its write.</summary>
    bool MayWait(Command command, Moment now) => false;

    /// <summary>How much there is of what operators count. Asked for after every batch: it must be at hand.</summary>
    Levels Levels => default;
}

/// <summary>History that no run of these rules can have written: the entity refuses to go on rather than guess.</summary>
public sealed class InvalidHistoryException(string message) : Exception(message);
