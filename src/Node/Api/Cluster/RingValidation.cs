using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.Placement;
using AkkaHa.Messages.V1;
using AkkaHa.Node.Api.Errors;

namespace AkkaHa.Node.Api.Cluster;

/// <summary>What questions about the ring must look like.</summary>
internal static class RingValidation
{
    /// <param name="request">The question.</param>
    /// <param name="shards">For the numbers of slots.</param>
    /// <param name="entity">The entity asked about; null: all shards.</param>
    public static Failure? Check(GetRingRequest request, ShardMap shards, out EntityId? entity)
    {
        entity = null;
        if (request.Key.Length == 0) return null;
        if (!EntityId.TryParse(request.Key, out var id))
            return Refusals.Invalid("key", $"'{Refusals.Quote(request.Key)}' is no entity: kv/…, lock/…, session/SLOT or txn/SLOT");
        entity = id;
        if (id.Kind is EntityId.KeyKind or EntityId.LockKind) return Fields.Name("key", id.Name);
        return int.Parse(id.Name, System.Globalization.CultureInfo.InvariantCulture) < shards.ShardCount
            ? null
            : Refusals.Invalid("key", $"'{request.Key}' is a slot beyond the last, {shards.ShardCount - 1}");
    }
}
