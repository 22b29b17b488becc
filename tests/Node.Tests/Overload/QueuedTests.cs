using Akka.Actor;
using AkkaHa.Core.Overload;
using AkkaHa.Node.Entities;
using AkkaHa.Node.Metrics;
using AkkaHa.Node.Overload;
using AkkaHa.Node.Storage;
using AkkaHa.Node.Telemetry;
using Xunit;

namespace AkkaHa.Node.Tests.Overload;

/// <summary>Until when a command counts that waits for its entity's turn (ADR 0039).</summary>
public sealed class QueuedTests
{
    private readonly Admission admission = Busy.Node();
    private readonly CommandQueue queue;

    public QueuedTests() => queue = new CommandQueue(new EntityMeter("of-this-test", new JournalWrites()), new TurnTraces(), admission);

    /// <summary>Though nobody has been answered: for a lock, say, it is waited long.</summary>
    [Fact]
    public void What_was_decided_does_not_wait_for_its_turn_any_more()
    {
        Add(Backlog.Burst);
        Assert.NotNull(admission.Refusal(Busy.Get));
        Assert.Equal(Backlog.Burst, queue.Take(Backlog.Burst).Count);
        Assert.True(IsRoomFor(Backlog.Burst));
    }

    [Fact]
    public void What_comes_while_its_entity_writes_waits_for_the_journal()
    {
        queue.Persisting(1);
        Add(Backlog.Burst);
        Assert.True(IsRoomFor(Backlog.Burst));
    }

    private void Add(int commands)
    {
        for (var i = 0; i < commands; i++) queue.Add(ActorRefs.Nobody, Busy.Awaiting(admission));
    }

    private bool IsRoomFor(int commands)
    {
        for (var i = 0; i < commands - 1; i++) Busy.Awaiting(admission);
        if (admission.Refusal(Busy.Get) is not null) return false;
        Busy.Awaiting(admission);
        return admission.Refusal(Busy.Get) is not null;
    }
}
