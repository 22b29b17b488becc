using AkkaHa.Core.Overload;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;
using AkkaHa.Node.Metrics;
using AkkaHa.Node.Overload;
using AkkaHa.Node.Settings;
using Xunit;

namespace AkkaHa.Node.Tests.Overload;

public sealed class AdmissionTests
{
    private const int Draws = 20_000;

    [Fact]
    public void Nothing_is_refused_while_nobody_waits_long_however_many_calls_there_are()
    {
        var admission = new Admission(new OverloadSettings());
        Busy.Calls(admission, 5_000);
        Busy.Wait(admission, Wait.Thread, 0.05);

        Assert.Equal(0, Refused(admission, Busy.Put));
    }

    [Fact]
    public void Nothing_is_refused_while_few_calls_are_under_way_however_long_they_wait()
    {
        var admission = new Admission(new OverloadSettings());
        Busy.Wait(admission, Wait.Thread, 5);
        Busy.Calls(admission, Admission.Few - 1);
        Assert.Equal(0, Refused(admission, Busy.Put));

        Busy.Calls(admission, 1);
        Assert.True(Refused(admission, Busy.Put) > Draws / 2);
    }

    [Fact]
    public void Who_has_waited_for_more_than_two_seconds_waits_for_others_and_is_no_load()
    {
        var admission = new Admission(new OverloadSettings { CallsAtMost = 1000 });
        var waiters = Busy.Calls(admission, 1000);
        Assert.NotNull(admission.Refusal(Busy.Get));

        Busy.Wait(admission, Wait.Thread, 0);
        Busy.Wait(admission, Wait.Thread, 0);
        Assert.Null(admission.Refusal(Busy.Get));

        // Their end is not counted a second time.
        foreach (var waiter in waiters) waiter.Leave();
        Busy.Calls(admission, 1000);
        Assert.NotNull(admission.Refusal(Busy.Get));
    }

    [Fact]
    public void The_journals_wait_refuses_writes_alone_and_that_of_threads_or_entities_both()
    {
        foreach (var (place, reads) in new[] { (Wait.Journal, false), (Wait.Thread, true), (Wait.Entity, true) })
        {
            var admission = new Admission(new OverloadSettings());
            Busy.Wait(admission, place, 0.3);
            Busy.Calls(admission, Admission.Few);
            Assert.True(Refused(admission, Busy.Put) > Draws / 10, $"{place}");
            Assert.Equal(reads, Refused(admission, Busy.Get) > 0);
        }
    }

    [Fact]
    public void The_more_is_refused_the_later_who_was_refused_is_asked_to_come_again()
    {
        var (some, most) = (new Admission(new OverloadSettings()), new Admission(new OverloadSettings()));
        Busy.Wait(some, Wait.Thread, 0.15);
        Busy.Wait(most, Wait.Thread, 5);
        Busy.Calls(some, Admission.Few);
        Busy.Calls(most, Admission.Few);

        var (soon, late) = (Hint(some), Hint(most));

        Assert.InRange(soon, 100u, 300u);
        Assert.Equal(2000u, late);
        static uint Hint(Admission admission)
        {
            for (var i = 0; i < Draws; i++)
                if (admission.Refusal(Busy.Get) is { } failure) return failure.RetryAfterMs;
            throw new InvalidOperationException("nothing was refused");
        }
    }

    [Fact]
    public void Switched_off_it_refuses_nothing()
    {
        var admission = new Admission(new OverloadSettings { Shed = false, CallsAtMost = 100 });
        Busy.Wait(admission, Wait.Thread, 5);
        Busy.Calls(admission, 1000);

        Assert.Equal(0, Refused(admission, Busy.Put));
        Assert.Equal(0u, Stamped(admission).Lot);
    }

    [Fact]
    public void Two_nodes_with_too_much_to_do_refuse_of_what_one_passes_to_the_other_no_more_than_the_busier_does()
    {
        var (first, owner) = (new Admission(new OverloadSettings()), new Admission(new OverloadSettings()));
        foreach (var (admission, wait) in new[] { (first, 0.2), (owner, 0.25) })
        {
            Busy.Wait(admission, Wait.Thread, wait);
            Busy.Calls(admission, Admission.Few);
        }
        var passed = 0;
        for (var i = 0; i < Draws; i++)
            if (first.Refusal(Busy.Put) is null && owner.Refusal(Stamped(first)) is null) passed++;

        Assert.True(first.Share(Wait.Thread) is > 0.2 and < 0.5 && owner.Share(Wait.Thread) > first.Share(Wait.Thread));
        // Together they would refuse by a fifth more if each drew by itself.
        Assert.Equal(1 - owner.Share(Wait.Thread), passed / (double)Draws, 0.02);
    }

    [Fact]
    public void What_makes_room_or_is_not_a_clients_is_never_refused_by_its_owner()
    {
        var admission = new Admission(new OverloadSettings());
        Busy.Wait(admission, Wait.Thread, 5);
        Busy.Calls(admission, 1000);
        Command[] never =
        [
            new() { ReleaseLock = new ReleaseLockRequest() }, new() { CancelLock = new CancelLockRequest() }, new() { CancelAllLocks = new CancelAllLocksRequest() }, new() { KeepAlive = new KeepAliveRequest() },
            new() { CloseSession = new CloseSessionRequest() }, new() { ForceReleaseLock = new ForceReleaseLockRequest() }, new() { GetTransaction = new GetTransactionRequest() }, new() { ResolveTransaction = new ResolveTransactionRequest() },
        ];
        foreach (var command in never)
        {
            admission.Stamp(command);
            Assert.Null(admission.Refusal(command));
        }
        // Between entities nothing is stamped: a transaction under way, or locks that a session's slot takes one by one, come to their end.
        Command[] between = [new() { Prepare = new Prepare(), Sender = "txn/1" }, new() { AcquireLock = new AcquireLockRequest(), Sender = "session/1" }];
        Assert.All(between, command => Assert.Null(admission.Refusal(command)));
    }

    /// <summary>Refused, he would lose his place in the queue.</summary>
    [Fact]
    public void Who_comes_again_to_wait_for_a_lock_is_not_refused()
    {
        static Command Acquire(uint attempt, double wait) => new() { AcquireLock = new AcquireLockRequest { Attempt = attempt, WaitSeconds = wait } };
        static Command Upgrade(uint attempt, double wait) => new() { UpgradeLock = new UpgradeLockRequest { Attempt = attempt, WaitSeconds = wait } };
        Assert.All(new[] { Acquire(2, 3), Upgrade(2, 3) }, command => Assert.Null(NewWork.Of(command)));
        Assert.All(new[] { Acquire(1, 3), Acquire(2, 0), Upgrade(1, 3), Upgrade(2, 0) }, command => Assert.NotNull(NewWork.Of(command)));
    }

    [Fact]
    public void An_owner_with_few_calls_under_way_refuses_nothing_that_others_pass_on()
    {
        var owner = new Admission(new OverloadSettings());
        Busy.Wait(owner, Wait.Thread, 5);
        // Of a node with nothing to do, but with a lot: its owner decides.
        var passedOn = Enumerable.Range(0, 1_000).Select(_ => Stamped(new Admission(new OverloadSettings()))).ToArray();
        Assert.All(passedOn, command => Assert.Null(owner.Refusal(command)));
        // Half as many of its own, which wait for their turn: they are no more for that.
        Busy.Calls(owner, Admission.Few / 2);
        for (var i = 0; i < Admission.Few / 2; i++) Busy.Awaiting(owner);
        Assert.All(passedOn, command => Assert.Null(owner.Refusal(command)));
        // Nor are rows that no client waits for.
        owner.Storing(Backlog.Burst);
        var arrived = Stamped(owner);
        owner.Arrived(arrived);
        Assert.False(arrived.IsTooMuch);
        Busy.Calls(owner, Admission.Few);
        Assert.True(passedOn.Count(command => owner.Refusal(command) is not null) > 500);
    }

    [Fact]
    public void Every_method_of_the_api_is_new_work_or_known_to_be_never_refused()
    {
        string[] never =
        [
            "Sessions/KeepAlive", "Sessions/Get", "Sessions/List", "Sessions/Close", "Locks/Release", "Locks/Cancel", "Locks/CancelAll", "Locks/ForceRelease", "Locks/Watch", "Keys/Watch",
            "Transactions/Get", "Transactions/List", "Transactions/Resolve", "Eventual/Watch", "Cluster/GetCluster", "Cluster/GetRing", "Cluster/Leave", "Cluster/Down",
            "Backups/Get", "Backups/BeginRestore", "Backups/Restore", "Backups/EndRestore",
        ];
        var all = new[] { SessionsReflection.Descriptor, LocksReflection.Descriptor, KeysReflection.Descriptor, TransactionsReflection.Descriptor, AkkaHa.Messages.V1.EventualReflection.Descriptor, ClusterReflection.Descriptor, BackupsReflection.Descriptor }
            .SelectMany(file => file.Services).SelectMany(service => service.Methods).Select(method => $"{method.Service.Name}/{method.Name}");

        Assert.Equal(all.Order(StringComparer.Ordinal), never.Concat(NewWork.All.Select(RequestMeter.NameOf)).Order(StringComparer.Ordinal));
    }

    private static Command Stamped(Admission admission)
    {
        var command = new Command { PutKey = new PutKeyRequest() };
        admission.Stamp(command);
        return command;
    }

    private static int Refused(Admission admission, NewWork work) => Enumerable.Range(0, Draws).Count(_ => admission.Refusal(work) is not null);
}
