using System.Globalization;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;
using AkkaHa.Node.Api.Errors;

namespace AkkaHa.Node.Api.Sessions;

/// <summary>One page of all sessions that live, slot after slot. A slot that does not answer makes it a refusal: a list that left some out would look like their end.</summary>
internal static class SessionsQuery
{
    /// <summary>A page is found in a few rounds, also where most slots are empty, and nobody is asked all at once.</summary>
    private const int SlotsAtOnce = 64;

    /// <exception cref="RefusedException">UNAVAILABLE: a slot did not answer.</exception>
    public static async Task<ListSessionsResponse> RunAsync(EntityCalls calls, ListSessionsRequest request, CancellationToken ct)
    {
        var limit = request.HasLimit ? request.Limit : Limits.ListPageDefault;
        var response = new ListSessionsResponse();
        var first = SessionId.TryParse(request.After, out var after) ? after.Slot : 0;
        for (var slot = first; slot < calls.Shards.ShardCount; slot += SlotsAtOnce)
        {
            var count = Math.Min(SlotsAtOnce, calls.Shards.ShardCount - slot);
            var pages = await Task.WhenAll(Enumerable.Range(slot, count).Select(s => SlotAnswers.OrNullAsync(AskAsync(calls, s, s == first ? request.After : "", limit, ct))));
            for (var i = 0; i < count; i++)
            {
                var page = pages[i] ?? throw NotAnswering(pages.Count(p => p is null));
                response.Sessions.AddRange(page.Sessions.Take(limit - response.Sessions.Count));
                if (response.Sessions.Count < limit) continue;
                var isLast = !page.More && page.Sessions[^1].SessionId == response.Sessions[^1].SessionId && slot + i == calls.Shards.ShardCount - 1;
                if (!isLast) response.Next = response.Sessions[^1].SessionId;
                return response;
            }
        }
        return response;
    }

    private static async Task<SessionPage> AskAsync(EntityCalls calls, int slot, string after, int limit, CancellationToken ct)
    {
        var reply = await calls.AskAsync(EntityId.SessionSlot(slot), new Command { ListSessions = new ListSessions { After = after, Limit = limit } }, ct);
        return EntityCalls.Expect(reply.SessionPage, reply);
    }

    private static RefusedException NotAnswering(int slots) =>
        SlotAnswers.NotAnswering(slots, string.Create(CultureInfo.InvariantCulture, $"{slots} of the slots asked did not answer; their sessions are not known"));
}
