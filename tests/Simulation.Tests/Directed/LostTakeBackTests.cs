using AkkaHa.Core.Entities;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;
using AkkaHa.Simulation.Tests.Clients;
using AkkaHa.Simulation.Tests.World;
using Xunit;

namespace AkkaHa.Simulation.Tests.Directed;

/// <summary>
/// A caller goes just as its grant comes, and the node that took its call in takes the grant back. The first of these messages get lost. Its session lives on for an hour: only a node that asks again, until it is
/// answered, sets the lock free.
/// </summary>
public sealed class LostTakeBackTests
{
    private const int Lost = 3;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_grant_of_which_nobody_hears_comes_back_though_the_first_messages_get_lost(bool untilAnswered) => Assert.Equal(untilAnswered, Story.Run(RuleSwitches.AllOn, nodes: 2, client => ComesBackAsync(client, untilAnswered)));

    private static async Task<bool> ComesBackAsync(Client client, bool untilAnswered)
    {
        var world = client.World;
        var (gone, next) = ((await SessionOfClient.Open(client, 3_600_000))!, (await SessionOfClient.Open(client, 3_600_000))!);
        var requestId = client.NewRequestId();
        Assert.NotNull((await client.Mutate(EntityId.Lock("l"), () => Acquire(gone, 0), requestId)).Reply!.LockGrant);
        var cancels = 0;
        world.Network.Direct = (_, command) => command.CancelLock is not null && ++cancels <= Lost ? [] : null;
        Command Cancel() => new() { CancelLock = new CancelLockRequest { Name = "l", SessionId = gone.Id.Text, RequestId = requestId, OnlyAttemptsTo = 1 } };
        // As a node does it: it asks until it is answered; and as it did, which was to say it once.
        if (untilAnswered) Assert.True((await client.Ask(EntityId.Lock("l"), Cancel, 60_000)).Reply!.CancelLock.Cancelled);
        else await client.Ask(EntityId.Lock("l"), Cancel, 1);
        var waits = await client.Mutate(EntityId.Lock("l"), () => Acquire(next, 10), client.NewRequestId(), 12_000);
        client.Stopped = true;
        return waits.Reply?.LockGrant is not null;
    }

    private static Command Acquire(SessionOfClient session, double wait) => new() { AcquireLock = new AcquireLockRequest { Name = "l", SessionId = session.Id.Text, WaitSeconds = wait } };
}
