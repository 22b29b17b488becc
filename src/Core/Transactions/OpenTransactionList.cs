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
        // Without a drive, every participant has answered, and only the row that says so is still to be written.
        foreach (var (record, drive) in table.Unsettled.Select(r => (Record: r, Drive: drives.GetValueOrDefault(r.Id))).OrderBy(r => new Age(r.Record.Started!.TimestampMs, r.Record.Id)))
        {
            if (drive is null) continue;
            var open = Open(record, drive, nowMs);
            bytes += open.CalculateSize();
            list.More = list.Transactions.Count > 0 && (list.Transactions.Count == limit || bytes > Limits.OpenTransactionBytesPerSlot);
            if (list.More) break;
            list.Transactions.Add(open);
        }
        return new Reply { OpenTransactions = list };
    }

    private static OpenTransaction Open(TransactionRecord record, Drive drive, long nowMs)
    {
        var started = record.Started!;
        var open = new OpenTransaction
        {
            TransactionId = record.Id, Outcome = record.Outcome, Attempt = started.Attempt, AgeSeconds = Math.Max(0, nowMs - started.TimestampMs) / 1000.0, Participants = { started.Participants },
        };
        open.WaitingFor.AddRange(started.Participants.Where(p => record.IsDecided ? !drive.Seen.Contains(p) : !drive.Votes.ContainsKey(p)));
        return open;
    }
}
