using AkkaHa.Core.Entities;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;

namespace AkkaHa.Core.Transactions;

/// <summary>What a slot tells of its transactions that are not settled.</summary>
internal static class OpenTransactionList
{
    /// <param name="table">All there are.</param>
    /// <param name="drives">What this activation does about each.</param>
    /// <param name="limit">At most so many; 0: all there is room for.</param>
    /// <param name="nowMs">The slot's time.</param>
    public static Reply Of(TransactionTable table, IReadOnlyDictionary<string, Drive> drives, int limit, long nowMs)
    {
        var list = new OpenTransactions();
        var bytes = 0;
        foreach (var record in table.Unsettled.OrderBy(r => new Age(r.Started!.TimestampMs, r.Id)))
        {
            var open = Open(record, drives.GetValueOrDefault(record.Id), nowMs);
            bytes += open.CalculateSize();
            list.More = list.Transactions.Count > 0 && (list.Transactions.Count == limit || bytes > Limits.OpenTransactionBytesPerSlot);
            if (list.More) break;
            list.Transactions.Add(open);
        }
        return new Reply { OpenTransactions = list };
    }

    private static OpenTransaction Open(TransactionRecord record, Drive? drive, long nowMs)
    {
        var started = record.Started!;
        var open = new OpenTransaction
        {
            TransactionId = record.Id, Outcome = record.Outcome, Attempt = started.Attempt, AgeSeconds = Math.Max(0, nowMs - started.TimestampMs) / 1000.0, Participants = { started.Participants },
        };
        // Without a drive, all have answered, and only the row that says so is still to be written.
        if (drive is not null) open.WaitingFor.AddRange(started.Participants.Where(p => record.IsDecided ? !drive.Seen.Contains(p) : !drive.Votes.ContainsKey(p)));
        return open;
    }
}
