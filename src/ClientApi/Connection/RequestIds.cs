namespace AkkaHa.ClientApi.Connection;

/// <summary>Makes request ids: uuids of version 7 by the servers' clock (RFC 9562, section 5.7).</summary>
internal sealed class RequestIds(ServerClock clock, OwnerRing ring)
{
    /// <summary>A fresh id. The very first waits (briefly) for the ring, whose answer also tells the time.</summary>
    public async ValueTask<string> NewAsync(CancellationToken cancel)
    {
        await ring.CurrentAsync(cancel);
        return Guid.CreateVersion7(clock.UtcNow).ToString("D");
    }

    public async ValueTask<Mutation> NewMutationAsync(CancellationToken cancel) => new(await NewAsync(cancel));
}
