using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;
using AkkaHa.Node.Api;
using AkkaHa.Node.Api.Errors;
using AkkaHa.Node.Api.Locks;
using AkkaHa.Node.Journal;
using AkkaHa.Node.Ownership;
using AkkaHa.Node.Storage;

namespace AkkaHa.Node.Lists;

/// <summary>
/// Pages of locks that are held or waited for. The index is first brought to the highest position that the journal has at the call: no lock is missing that somebody knew to be granted before. Then each is asked,
/// so that what is said of it is as true as of a single one.
/// </summary>
internal sealed class LockLists(LockIndex index, IEntities entities) : ILockLists
{
    private const int AskedAtOnce = 32;
    private const int NamesAtOnce = 200;

    private readonly EntityCalls calls = new(entities);

    public async Task<ListLocksResponse> ListAsync(ListLocksRequest request, CancellationToken ct)
    {
        var limit = request.HasLimit ? request.Limit : Limits.ListPageDefault;
        var (response, bytes, after) = (new ListLocksResponse(), 0L, request.After);
        await CatchUpAsync(ct);
        while (true)
        {
            var names = await NamesAsync(request.Prefix, after, Math.Min(NamesAtOnce, limit - response.Locks.Count + 1), ct);
            foreach (var state in await AskAsync(names, ct))
            {
                var isUsed = state.Holders.Count + state.Waiters.Count > 0;
                var size = state.CalculateSize();
                if (isUsed && (response.Locks.Count == limit || (response.Locks.Count > 0 && bytes + size > Limits.ListPageBytes)))
                {
                    response.Next = after;
                    return response;
                }
                after = state.Name;
                if (!isUsed) continue;
                response.Locks.Add(state);
                bytes += size;
            }
            if (names.Length == 0) return response;
        }
    }

    private async Task CatchUpAsync(CancellationToken ct)
    {
        try
        {
            switch (await index.CatchUpAsync(ct))
            {
                case JournalIndex.CaughtUp.NotMade: throw Unavailable("the index of locks is being made; it was not there yet");
                case JournalIndex.CaughtUp.Late: throw Unavailable("the index of locks did not come to the journal's end in time");
            }
        }
        catch (Exception e) when (DatabaseFault.Is(e))
        {
            throw Unavailable($"the index of locks can't be read: {e.Message}");
        }
    }

    private async Task<string[]> NamesAsync(string prefix, string after, int limit, CancellationToken ct)
    {
        try
        {
            return await index.NamesAsync(KeyRange.OfPrefix(prefix), after, limit, ct);
        }
        catch (Exception e) when (DatabaseFault.Is(e))
        {
            throw Unavailable($"the index of locks can't be read: {e.Message}");
        }
    }

    /// <summary>All of them, in this order. One that does not answer makes the whole page a refusal: it would look free otherwise.</summary>
    private async Task<LockState[]> AskAsync(string[] names, CancellationToken ct)
    {
        var states = new LockState[names.Length];
        await Parallel.ForAsync(0, names.Length, new ParallelOptions { MaxDegreeOfParallelism = AskedAtOnce, CancellationToken = ct }, async (i, token) =>
        {
            var reply = await calls.AskAsync(EntityId.Lock(names[i]), new Command { GetLock = new GetLockRequest { Name = names[i] } }, token);
            states[i] = EntityCalls.Expect(reply.Lock, reply);
        });
        return states;
    }

    private static RefusedException Unavailable(string why) => new(Refusals.Of(ErrorCode.Unavailable, why));
}
