using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Node.Api;
using AkkaHa.Node.Ownership;

namespace AkkaHa.Node.Membership;

/// <summary>
/// Asks whether slots answer, a few others each time, so that in the end all were asked. Only those that are owned here: when another node dies, its slots are silent until they have their next
/// owner, and this node must not be taken out of service for that, least of all with all others at once. One that owns nothing yet asks whichever there are.
/// </summary>
internal sealed class SlotCheck(IEntities entities, int shards, TimeSpan patience)
{
    private const int AtOnce = 4;

    private int next;

    /// <summary>Why they can't be used; null: they can. For one caller at a time.</summary>
    public async Task<string?> TroubleAsync(Grants grants, CancellationToken ct)
    {
        int[] owned = [.. grants.Shards.Order()];
        var among = owned.Length > 0 ? owned : [.. Enumerable.Range(0, shards)];
        for (var i = 0; i < Math.Min(AtOnce, among.Length); i++)
        {
            var shard = among[next = (next + 1) % among.Length];
            var slot = EntityId.SessionSlot(shard).ToString();
            try
            {
                var reply = await entities.AskAsync(new Command { Entity = slot, Wake = new Wake() }, patience, ct);
                // Meanwhile it may have moved.
                if (reply.Failure is { } failure && (owned.Length == 0 || grants.EpochOf(shard) is not null)) return $"{slot} does not answer: {failure.Message}";
            }
            catch (OperationCanceledException) when (ct.IsCancellationRequested)
            {
                return null;
            }
        }
        return null;
    }
}
