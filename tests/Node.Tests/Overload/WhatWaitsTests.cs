using System.Diagnostics;
using AkkaHa.Core.Overload;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;
using AkkaHa.Node.Overload;
using AkkaHa.Node.Settings;
using Xunit;

namespace AkkaHa.Node.Tests.Overload;

/// <summary>What is refused at once, because so much waits already (ADR 0039).</summary>
public sealed class WhatWaitsTests
{
    [Fact]
    public void With_too_many_that_wait_for_their_turn_new_work_is_refused_before_any_of_them_has_waited()
    {
        var admission = Busy.Node();
        var waiting = Enumerable.Range(0, Backlog.Burst).Select(_ => Busy.Awaiting(admission)).ToArray();
        foreach (var work in (NewWork[])[Busy.Get, Busy.Put])
        {
            var refusal = admission.Refusal(work);
            Assert.Equal((ErrorCode.Unavailable, "overload"), (refusal?.Code, refusal?.Details.Fields["reason"].StringValue));
        }

        // One had its turn.
        Assert.True(waiting[0].EndWait());
        Assert.Null(admission.Refusal(Busy.Get));
        Assert.Null(admission.Refusal(Busy.Put));
        // No more than once.
        Assert.False(waiting[0].EndWait());
        Busy.Awaiting(admission);
        Assert.NotNull(admission.Refusal(Busy.Get));
    }

    /// <summary>What is refused at the stream, say, would have waited here.</summary>
    [Fact]
    public void While_anything_is_refused_anywhere_no_burst_is_taken()
    {
        var admission = Busy.Node();
        for (var window = 0; window < 10; window++)
        {
            Assert.NotNull(admission.TooLate(Busy.Get, 1_000, Admission.Few));
            admission.EndWindow();
        }
        for (var i = 0; i < Backlog.AtLeast - 1; i++) Busy.Awaiting(admission);
        Busy.Calls(admission, Admission.Few);
        Assert.Null(admission.Refusal(Busy.Get));
        Busy.Awaiting(admission);
        Assert.NotNull(admission.Refusal(Busy.Get));
    }

    [Fact]
    public void With_too_many_rows_that_are_not_stored_writes_are_refused_and_reads_are_not()
    {
        var admission = Busy.Node();
        admission.Storing(Backlog.Burst);
        Assert.NotNull(admission.Refusal(Busy.Put));
        Assert.Null(admission.Refusal(Busy.Get));

        admission.Stored(1, Stopwatch.GetTimestamp());
        Assert.Null(admission.Refusal(Busy.Put));
        admission.Storing(1);
        Assert.NotNull(admission.Refusal(Busy.Put));
        admission.Abandoned(1);
        Assert.Null(admission.Refusal(Busy.Put));
    }

    [Fact]
    public void Who_does_more_may_have_more_waiting()
    {
        var admission = Busy.Node();
        for (var window = 0; window < 30; window++)
        {
            admission.Decided(1_000);
            admission.EndWindow();
        }
        for (var i = 0; i < 1_500; i++) Busy.Awaiting(admission);
        Assert.Null(admission.Refusal(Busy.Get));
    }

    [Fact]
    public void What_waits_for_longer_than_two_seconds_waits_for_something_else()
    {
        var admission = Busy.Node();
        for (var i = 0; i < Backlog.Burst; i++) Busy.Awaiting(admission);
        Assert.NotNull(admission.Refusal(Busy.Get));
        for (var window = 0; window < 20; window++) admission.EndWindow();
        Busy.Calls(admission, Admission.Few);
        Assert.Null(admission.Refusal(Busy.Get));
    }

    [Fact]
    public void What_waits_for_an_entity_that_reads_its_history_does_not_wait_for_its_turn()
    {
        var admission = Busy.Node();
        for (var i = 0; i < Backlog.Burst; i++) Busy.Awaiting(admission);
        var reads = admission.Recovering();
        Assert.Null(admission.Refusal(Busy.Get));
        reads!.Leave();
        Assert.NotNull(admission.Refusal(Busy.Get));
    }

    [Fact]
    public void What_was_refused_for_it_is_told_as_a_share_until_it_is_over()
    {
        var admission = Busy.Node();
        var waiting = Enumerable.Range(0, Backlog.Burst).Select(_ => Busy.Awaiting(admission)).ToArray();
        for (var i = 0; i < 1_000; i++) Assert.NotNull(admission.Refusal(Busy.Get));
        admission.EndWindow();
        Assert.InRange(admission.Refused(Wait.Entity), 0.1, 1);
        Assert.Equal(0, admission.Share(Wait.Entity));
        Assert.InRange(admission.Refusal(Busy.Get)!.RetryAfterMs, 100u, 2_000u);

        foreach (var one in waiting) one.EndWait();
        for (var window = 0; window < 40; window++) admission.EndWindow();
        Assert.Equal(0, admission.Refused(Wait.Entity));
    }

    [Fact]
    public void Who_is_refused_while_nothing_at_all_is_taken_is_asked_to_come_again_in_two_seconds()
    {
        var admission = Busy.Node();
        for (var window = 0; window < 1_000; window++)
        {
            for (var i = 0; i < 100; i++)
            {
                var hint = admission.TooLate(Busy.Get, 1_000, Admission.Few)!.RetryAfterMs;
                Assert.InRange(hint, 100u, 2_000u);
                // What says a hint is kept for as long as the process lives, so there are few.
                Assert.Equal(0u, hint % 10);
            }
            admission.EndWindow();
        }
        Assert.Equal(2_000u, admission.TooLate(Busy.Get, 1_000, Admission.Few)!.RetryAfterMs);
    }

    [Fact]
    public void Of_what_comes_from_another_node_the_owner_refuses_what_is_too_much_and_nothing_that_has_no_lot()
    {
        var admission = Busy.Node();
        for (var i = 0; i < Backlog.Burst - 1; i++) Busy.Awaiting(admission);
        Command First() => new() { PutKey = new PutKeyRequest(), Lot = 1_000_000 };
        var (taken, tooMuch, withoutLot, never) = (First(), First(), new Command { PutKey = new PutKeyRequest() }, new Command { ReleaseLock = new ReleaseLockRequest(), Lot = 1 });
        foreach (var command in (Command[])[taken, tooMuch, withoutLot, never]) admission.Arrived(command);

        Assert.Null(admission.Refusal(taken));
        Assert.Equal("overload", admission.Refusal(tooMuch)?.Details.Fields["reason"].StringValue);
        Assert.Null(admission.Refusal(withoutLot));
        Assert.Null(admission.Refusal(never));
        Assert.True(taken.EndWait());
        Assert.False(tooMuch.EndWait());
    }

    /// <summary>In an overload, its waiting in all is to be no longer than that of what comes at once; in a burst, what it has waited is not counted.</summary>
    [Fact]
    public void What_has_waited_before_it_was_read_is_refused_where_only_less_may_wait_in_front_of_it()
    {
        // Of 1,000 that may wait, 500 are done in 100 ms.
        foreach (var (awaiting, unstored, isRefused) in new[] { (550, 0, (Read: true, Write: true)), (0, 550, (false, true)), (450, 450, (false, false)) })
        {
            var (overloaded, calm) = (Overloaded(), Busy.Node());
            foreach (var admission in (Admission[])[overloaded, calm])
            {
                for (var i = 0; i < awaiting; i++) Busy.Awaiting(admission);
                admission.Storing(unstored);
            }
            Assert.Equal(isRefused, (overloaded.TooLate(Busy.Get, 100, 0) is not null, overloaded.TooLate(Busy.Put, 100, 0) is not null));
            Assert.Null(calm.TooLate(Busy.Get, 100, 0) ?? calm.TooLate(Busy.Put, 100, 0));
            // Nor who comes at once, or earlier than usual.
            foreach (var waitedMs in (double[])[0, -50]) Assert.Null(overloaded.TooLate(Busy.Put, waitedMs, 0) ?? overloaded.Refusal(Busy.Put));
        }
        // However late: with little in front of it, it is taken.
        var few = Overloaded();
        for (var i = 1; i < Backlog.AtLeastInFrontOfLate; i++) Busy.Awaiting(few);
        Assert.Null(few.TooLate(Busy.Put, 200, 0));
        Busy.Awaiting(few);
        Assert.NotNull(few.TooLate(Busy.Put, 200, 0));
        // Nor while few calls are under way, whatever is written.
        var hardly = Overloaded(underWay: 0);
        hardly.Storing(2_000);
        Assert.Null(hardly.TooLate(Busy.Put, 100, Admission.Few));
    }

    /// <summary>A node that does 500 in each window, and refuses some.</summary>
    private static Admission Overloaded(int underWay = Admission.Few)
    {
        var admission = Busy.Node();
        for (var window = 0; window < 100; window++)
        {
            // One that did not wait: it is not all for which the wait is too long.
            Assert.Null(admission.TooLate(Busy.Get, 0, Admission.Few));
            Assert.NotNull(admission.TooLate(Busy.Get, 1_000, Admission.Few));
            admission.Decided(500);
            admission.Storing(500);
            admission.Stored(500, Stopwatch.GetTimestamp());
            admission.EndWindow();
        }
        Busy.Calls(admission, underWay);
        return admission;
    }

    [Fact]
    public void What_has_waited_for_twice_the_target_before_it_was_read_is_refused_unless_there_is_little_to_do()
    {
        var admission = Busy.Node();
        Assert.Null(admission.TooLate(Busy.Get, 200, 0));
        Assert.Equal("overload", admission.TooLate(Busy.Get, 201, 0)?.Details.Fields["reason"].StringValue);

        // A client that stood still, say.
        var idle = new Admission(new OverloadSettings());
        Assert.Null(idle.TooLate(Busy.Get, 60_000, Admission.Few - 1));
        // All of them at once are not little.
        Assert.NotNull(idle.TooLate(Busy.Get, 60_000, Admission.Few));
        Assert.Null(Admission.Open.TooLate(Busy.Get, 60_000, 1_000));
        // Of an earlier client.
        Assert.Null(admission.TooLate(Busy.Get, null, 1_000));
    }

    [Fact]
    public void Switched_off_nothing_is_counted()
    {
        var admission = Admission.Open;
        Busy.Calls(admission, 1_000);
        var command = Busy.Awaiting(admission);
        Assert.False(command.EndWait());
        admission.Storing(10_000);
        Assert.Null(admission.Refusal(Busy.Put));
        Assert.Null(admission.Recovering());
    }
}
