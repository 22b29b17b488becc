using Akka.Actor;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;
using Google.Protobuf;
using Xunit;

namespace AkkaHa.Node.Tests.Entities;

/// <summary>What an entity does when it is told to stop.</summary>
public sealed partial class EntityActorTests
{
    private static Command Prepare() => new()
    {
        Entity = Key, Sender = "txn/1",
        Prepare = new Prepare
        {
            TransactionId = "t", Attempt = 1, TimestampMs = 1, PayloadHash = ByteString.CopyFromUtf8("h"),
            Then = { new PreparedOperation { Operation = new Operation { Put = new PutOperation { Key = "a", Value = ByteString.CopyFromUtf8("w") } } } },
        },
    };

    /// <summary>A key that a transaction is about to write, and nobody has decided.</summary>
    private async Task<IActorRef> PreparedAsync()
    {
        IgnoreMessages(m => m is Command);
        var entity = Start();
        await Ask(entity, Put("x"));
        entity.Tell(Prepare(), ActorRefs.NoSender);
        await AwaitConditionAsync(() => Task.FromResult(WritesSoFar() == 2), Patience);
        return entity;
    }

    [Fact]
    public async Task A_read_that_waits_for_a_transaction_is_told_unavailable_when_the_entity_is_stopped()
    {
        var entity = await PreparedAsync();
        // What comes is taken in order: it waits when the stop is looked at.
        var read = Ask(entity, Get());
        await StopAsync(entity);
        Assert.Equal(ErrorCode.Unavailable, (await read).Failure.Code);
    }

    [Fact]
    public async Task A_stop_stores_that_a_transaction_is_committed()
    {
        var entity = await PreparedAsync();
        entity.Tell(new Command { Entity = Key, Sender = "txn/1", Commit = new Commit { TransactionId = "t", Attempt = 1, PreparedSequenceNr = 2, Then = true } }, ActorRefs.NoSender);
        await StopAsync(entity);
        Assert.Equal(3, WritesSoFar());
    }
}
