using AkkaHa.Core.Transactions;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;
using AkkaHa.Node.Api.Errors;

namespace AkkaHa.Node.Api.Transactions;

/// <summary>Runs transactions that only read and have no id, by reading their keys twice: no row is written, and there is nothing that could be asked for later.</summary>
internal static class SnapshotReads
{
    /// <summary>The result; null: run it as any other transaction.</summary>
    /// <exception cref="RefusedException">UNAVAILABLE: a key could not be read, as none could be then.</exception>
    public static async Task<TransactionResult?> TryAsync(EntityCalls calls, TransactionRequest request, CancellationToken ct)
    {
        var (read, lot) = (new SnapshotRead(request), calls.DrawLot());
        try
        {
            for (var round = 1; round <= SnapshotRead.RoundsAtMost; round++)
            {
                var answers = await Task.WhenAll(read.Keys.Select(async key => (Key: key, Reply: await calls.ReadAsync(key, new Command { GetKey = new GetKeyRequest { Key = key.Name }, Lot = lot }, ct))));
                if (read.Take(answers.ToDictionary(a => a.Key, a => a.Reply)) is not { } result) continue;
                // Its results belong to some id, as all do. Nobody has heard of it, and nobody will.
                result.TransactionId = RequestIds.OrNew("");
                return result;
            }
        }
        catch (NotThisWayException)
        {
            // Too much at once, or a node of an earlier version.
        }
        return null;
    }
}
