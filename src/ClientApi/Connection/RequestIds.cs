using AkkaHa.Messages;
using AkkaHa.Messages.Placement;

namespace AkkaHa.ClientApi.Connection;

/// <summary>Makes request ids: uuids of version 7 by the servers' clock (RFC 9562, section 5.7).</summary>
internal sealed class RequestIds(ServerClock clock, OwnerRing ring)
{
    // Of three nodes one in three ids is right, of ten one in ten; among very many nodes a hop saved is worth less than the search.
    private const int NearTries = 32;

    /// <summary>A fresh id. The very first waits (briefly) for the ring, whose answer also tells the time.</summary>
    public async ValueTask<string> NewAsync(CancellationToken cancel)
    {
        await ring.CurrentAsync(cancel);
        return Fresh();
    }

    public async ValueTask<Mutation> NewMutationAsync(CancellationToken cancel) => new(await NewAsync(cancel));

    /// <summary>An id for a transaction, whose hash says who coordinates it: where it can be had, the node that owns this participant. What the two say to each other then crosses no network.</summary>
    /// <param name="near">One that takes part.</param>
    /// <param name="prefix">What the servers put before the id, where they make the transaction.</param>
    /// <param name="cancel">Gives up.</param>
    public async ValueTask<Mutation> NewTransactionAsync(EntityId? near, string prefix, CancellationToken cancel)
    {
        var owners = await ring.CurrentAsync(cancel);
        var id = Fresh();
        if (near is { } participant && owners?.OwnerOf(CallShard.Of(participant)) is { } owner)
            for (var i = 1; i < NearTries && owners.OwnerOf(CallShard.OfTransaction(prefix + id)) != owner; i++) id = Fresh();
        return new Mutation(id) { KnownAs = near is null ? id : prefix + id };
    }

    private string Fresh() => Guid.CreateVersion7(clock.UtcNow).ToString("D");
}
