using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Configuration;
using Akka.TestKit.Xunit2;
using AkkaHa.Core.Entities;
using AkkaHa.Core.Ownership;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;
using AkkaHa.Node.Entities;
using AkkaHa.Node.Membership;
using AkkaHa.Node.Ownership;
using AkkaHa.Node.Settings;
using AkkaHa.Node.Storage;
using Google.Protobuf;
using Xunit;

namespace AkkaHa.Node.Tests.Entities;

/// <summary>The shell around an entity: batches, the gate, what callers are told when a write fails.</summary>
public sealed partial class EntityActorTests : TestKit
{
    private const string Key = "kv/a";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly NodeParts parts;
    private readonly JournalScript script;
    private readonly int shard;

    public EntityActorTests()
        : base(Setup(out var parts))
    {
        this.parts = parts;
        script = ScriptedJournal.Scripts.GetOrCreateValue(Sys);
        shard = parts.Shards.ShardOf(EntityId.Parse(Key));
        parts.Region = TestActor;
        Grant(1);
    }

    private static ActorSystemSetup Setup(out NodeParts parts)
    {
        var settings = new NodeSettings { DataDirectory = Path.Combine(Path.GetTempPath(), "akkaha-tests") };
        var lease = new NodeLease(new LeaseTimings());
        lease.Renewed(MonotonicClock.NowMs + 600_000, MonotonicClock.NowMs + 600_000);
        parts = new NodeParts(settings, "test", RuleSwitches.AllOn) { Grants = new Grants(lease) };
        var config = ConfigurationFactory.ParseString($$"""
            akka.loglevel = OFF
            akka.stdout-loglevel = OFF
            akka.persistence.journal.plugin = "test.journal"
            akka.persistence.snapshot-store.plugin = "akka.persistence.snapshot-store.inmem"
            test.journal {
              class = "{{typeof(ScriptedJournal).FullName}}, {{typeof(ScriptedJournal).Assembly.GetName().Name}}"
              plugin-dispatcher = "akka.actor.default-dispatcher"
            }
            """);
        return ActorSystemSetup.Create(BootstrapSetup.Create().WithConfig(config), parts);
    }

    private void Grant(long epoch) => parts.Grants.Enter(shard, epoch, null);

    private IActorRef Start() => Sys.ActorOf(EntityActor.Props(Key));

    private async Task StopAsync(IActorRef entity)
    {
        Watch(entity);
        entity.Tell(StopEntity.Instance);
        await ExpectTerminatedAsync(entity, Patience);
    }

    private static Command Put(string value, long? ifRevision = null, string requestId = "", uint attempt = 1)
    {
        var put = new PutKeyRequest { Key = "a", Value = ByteString.CopyFromUtf8(value) };
        if (ifRevision is { } revision) put.IfRevision = revision;
        return new Command { Entity = Key, RequestId = requestId, Attempt = attempt, PutKey = put };
    }

    private static Command Get() => new() { Entity = Key, GetKey = new GetKeyRequest { Key = "a" } };

    private static Task<Reply> Ask(IActorRef entity, Command command) => entity.Ask<Reply>(command, Patience);

    [Fact]
    public async Task A_put_is_answered_with_its_revision_and_read_back()
    {
        var entity = Start();
        Assert.Equal(1, (await Ask(entity, Put("x"))).PutKey.Revision);
        Assert.Equal("x", (await Ask(entity, Get())).KeyValue.Value.ToStringUtf8());
    }

    [Fact]
    public async Task Nothing_is_answered_before_the_write_is_durable()
    {
        script.Hold = new TaskCompletionSource();
        var entity = Start();
        var put = Ask(entity, Put("x"));
        var get = Ask(entity, Get());
        await Task.Delay(300);
        Assert.False(put.IsCompleted);
        Assert.False(get.IsCompleted);
        script.Hold.SetResult();
        Assert.Equal(1, (await put).PutKey.Revision);
        Assert.Equal(1, (await get).KeyValue.Revision);
    }

    [Fact]
    public async Task Commands_that_come_during_a_write_are_the_next_single_write()
    {
        var entity = Start();
        await Ask(entity, Put("0"));
        script.Hold = new TaskCompletionSource();
        var first = Ask(entity, Put("1"));
        await AwaitConditionAsync(() => Task.FromResult(WritesSoFar() == 2), Patience);
        // Each under an id of its own, as clients' commands are: without one they may share a row.
        var others = Enumerable.Range(2, 20).Select(i => Ask(entity, Put($"{i}", requestId: $"{Guid.CreateVersion7()}"))).ToArray();
        // Answered when all that were sent before it have been taken in.
        await entity.Ask<ActorIdentity>(new Identify(null), Patience);
        script.Hold.SetResult();
        await first;
        Assert.Equal(Enumerable.Range(3, 20).Select(i => (long)i), (await Task.WhenAll(others)).Select(r => r.PutKey.Revision));
        lock (script.Writes) Assert.Equal([1, 1, 20], script.Writes);
    }

    [Fact]
    public async Task Who_asks_an_entity_whose_recovery_fails_is_answered_at_once()
    {
        // Without a row there is nothing to replay.
        var entity = Start();
        await Ask(entity, Put("0"));
        await StopAsync(entity);
        // A subscription that is made while the actor system is still starting may get lost in its event stream; a node makes it much later.
        await Sys.ActorOf(Props.Create(() => new Undelivered())).Ask<ActorIdentity>(new Identify(null), Patience);
        var failing = new TaskCompletionSource();
        script.FailReplayAfter = failing.Task;
        entity = Start();
        var asked = Enumerable.Range(0, 3).Select(i => Ask(entity, i == 0 ? Get() : Put($"{i}"))).ToArray();
        failing.SetResult();
        foreach (var reply in await Task.WhenAll(asked).WaitAsync(Patience)) Assert.Equal(ErrorCode.Unavailable, reply.Failure.Code);
    }

    private int WritesSoFar()
    {
        lock (script.Writes) return script.Writes.Count;
    }

    [Fact]
    public async Task A_grant_lost_during_the_write_closes_the_gate_on_its_answers()
    {
        script.Hold = new TaskCompletionSource();
        var entity = Start();
        var put = Ask(entity, Put("x"));
        var get = Ask(entity, Get());
        await AwaitConditionAsync(() => Task.FromResult(WritesSoFar() == 1), Patience);
        parts.Grants.Leave(shard, parts.Grants.EpochOf(shard)!.Value);
        script.Hold.SetResult();
        Assert.Equal(ErrorCode.OutcomeUnknown, (await put).Failure.Code);
        Assert.Equal(ErrorCode.Unavailable, (await get).Failure.Code);
    }

    [Fact]
    public async Task A_grant_under_another_epoch_closes_the_gate_too()
    {
        var entity = Start();
        await Ask(entity, Put("x"));
        Grant(2);
        Assert.Equal(ErrorCode.Unavailable, (await Ask(entity, Get())).Failure.Code);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task After_a_failed_write_its_callers_know_nothing_and_the_next_activation_claims_anew(bool stored)
    {
        var entity = Start();
        await Ask(entity, Put("x"));
        if (stored) script.FailAfterStoring = true;
        else script.FailBeforeStoring = true;
        Watch(entity);
        Assert.Equal(ErrorCode.OutcomeUnknown, (await Ask(entity, Put("y"))).Failure.Code);
        await ExpectTerminatedAsync(entity, Patience);
        Assert.True(parts.Dirty.Contains(Key));

        var writes = WritesSoFar();
        var next = Start();
        Assert.Equal(stored ? "y" : "x", (await Ask(next, Get())).KeyValue.Value.ToStringUtf8());
        // The read itself writes nothing: the one row more is the claim.
        Assert.Equal(writes + 1, WritesSoFar());
        Assert.False(parts.Dirty.Contains(Key));
    }

    [Fact]
    public async Task A_repeat_after_a_failed_write_has_the_effect_once()
    {
        var requestId = Guid.CreateVersion7().ToString();
        var entity = Start();
        script.FailAfterStoring = true;
        Watch(entity);
        Assert.Equal(ErrorCode.OutcomeUnknown, (await Ask(entity, Put("x", requestId: requestId))).Failure.Code);
        await ExpectTerminatedAsync(entity, Patience);
        Assert.Equal(1, (await Ask(Start(), Put("x", requestId: requestId, attempt: 2))).PutKey.Revision);
    }

    [Fact]
    public async Task A_rejected_write_is_a_failure_and_ends_the_activation()
    {
        var entity = Start();
        await Ask(entity, Put("x"));
        script.Reject = true;
        Watch(entity);
        Assert.Equal(ErrorCode.OutcomeUnknown, (await Ask(entity, Put("y"))).Failure.Code);
        await ExpectTerminatedAsync(entity, Patience);
        Assert.Equal("x", (await Ask(Start(), Get())).KeyValue.Value.ToStringUtf8());
    }

    [Fact]
    public async Task A_stop_waits_for_the_write_in_flight_and_for_what_has_been_taken_in()
    {
        var entity = Start();
        await Ask(entity, Put("0"));
        script.Hold = new TaskCompletionSource();
        var first = Ask(entity, Put("1"));
        await AwaitConditionAsync(() => Task.FromResult(WritesSoFar() == 2), Patience);
        var second = Ask(entity, Put("2"));
        Watch(entity);
        entity.Tell(StopEntity.Instance);
        script.Hold.SetResult();
        Assert.Equal(2, (await first).PutKey.Revision);
        Assert.Equal(3, (await second).PutKey.Revision);
        await ExpectTerminatedAsync(entity, Patience);
        Assert.False(parts.Dirty.Contains(Key));
    }

    [Fact]
    public async Task A_clean_activation_under_the_same_epoch_needs_no_claim()
    {
        var entity = Start();
        await Ask(entity, Put("x"));
        await StopAsync(entity);
        var writes = WritesSoFar();
        await Ask(Start(), Get());
        Assert.Equal(writes, WritesSoFar());
    }

    [Fact]
    public async Task A_new_epoch_is_claimed_before_the_first_answer()
    {
        var entity = Start();
        await Ask(entity, Put("x"));
        await StopAsync(entity);
        var writes = WritesSoFar();
        Grant(2);
        await Ask(Start(), Get());
        Assert.Equal(writes + 1, WritesSoFar());
    }

    [Fact]
    public async Task An_entity_that_finds_a_later_owner_drops_the_grant()
    {
        Grant(7);
        var entity = Start();
        await Ask(entity, Put("x"));
        await StopAsync(entity);
        Exception? lost = null;
        parts.Grants.Leave(shard, parts.Grants.EpochOf(shard)!.Value);
        parts.Grants.Enter(shard, 6, e => lost = e);
        Assert.Equal(ErrorCode.Unavailable, (await Ask(Start(), Get())).Failure.Code);
        Assert.Null(parts.Grants.EpochOf(shard));
        Assert.NotNull(lost);
    }

    [Fact]
    public async Task Reading_what_never_was_writes_nothing()
    {
        Assert.Equal(ErrorCode.NotFound, (await Ask(Start(), Get())).Failure.Code);
        Assert.Equal(0, WritesSoFar());
    }

    [Fact]
    public async Task Without_a_grant_nothing_is_answered_but_unavailable()
    {
        parts.Grants.Leave(shard, parts.Grants.EpochOf(shard)!.Value);
        Assert.Equal(ErrorCode.Unavailable, (await Ask(Start(), Get())).Failure.Code);
    }

    [Fact]
    public async Task State_and_outcomes_survive_many_snapshots()
    {
        var requestId = Guid.CreateVersion7().ToString();
        var entity = Start();
        for (var i = 0; i < 1000; i++) await Ask(entity, Put($"{i}"));
        await Ask(entity, Put("last", requestId: requestId));
        await StopAsync(entity);
        var next = Start();
        Assert.Equal("last", (await Ask(next, Get())).KeyValue.Value.ToStringUtf8());
        Assert.Equal(1001, (await Ask(next, Put("last", requestId: requestId, attempt: 2))).PutKey.Revision);
    }
}
