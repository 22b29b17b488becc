using AkkaHa.Core.Entities;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;

namespace AkkaHa.Core.Transactions;

/// <summary>
/// An operator's verb: what waits for a participant that can't be recovered is decided by that participant's rows. A row that prepared it is a yes, as good as a vote; none, in rows without a gap,
/// is a no: nobody was ever told that it was committed. So the verb makes no outcome, it finds the one there is, at whatever moment it is used (ADR 0027). Only where the rows can't be read
/// may the operator give the transaction up, and then nobody is told that it was aborted.
/// </summary>
internal sealed class LostParticipants(TransactionTable table, TransactionDriver driver, RuleSwitches rules)
{
    private const long PatienceMs = Limits.OutcomeLookUpSeconds * 1000L;

    private sealed record Reading(ResolveTransactionRequest Request, Call Call, long UntilMs);

    private readonly Dictionary<long, Reading> open = [];
    private long lastNumber;

    public long? WakeAtMs => open.Count == 0 ? null : open.Values.Min(r => r.UntilMs);

    public void Resolve(ResolveTransactionRequest request, TransactionRecord? record, Call call, Turn turn)
    {
        if (Refusal(request, record) is { } refusal) turn.AnswerForNow(call, refusal);
        else if (record!.IsDecided) turn.Answer(call, TransactionReplies.Status(record.Id, record));
        else
        {
            open[++lastNumber] = new Reading(request, call, turn.At.MonoMs + PatienceMs);
            if (rules.ReadTheLost) turn.ReadParticipant(lastNumber, EntityId.Parse(request.Without), record.Started!);
            else OnRead(new ParticipantRead { Number = lastNumber, Vote = ParticipantRows.No(record.Started!) }, turn);
        }
    }

    private Reply? Refusal(ResolveTransactionRequest request, TransactionRecord? record)
    {
        var (id, without) = (request.TransactionId, request.Without);
        if (record is null) return Replies.Failure(ErrorCode.NotFound, $"transaction '{id}' is not known, so it waits for nobody");
        if (record.IsDecided) return null;
        if (!record.Started!.Participants.Contains(without)) return Replies.Failure(ErrorCode.InvalidArgument, $"without '{without}' takes no part in transaction '{id}'");
        var drive = driver.Drives[id];
        if (drive.Mine is not null) return Replies.Failure(ErrorCode.Unavailable, $"transaction '{id}' is decided by its deadline, without anybody's help");
        if (drive.Votes.ContainsKey(without))
            return Replies.Failure(ErrorCode.InvalidArgument, $"without '{without}' has answered; transaction '{id}' waits for {string.Join(", ", record.Started.Participants.Where(p => !drive.Votes.ContainsKey(p)))}");
        return open.Count >= Limits.WaitingPerEntity ? Replies.Failure(ErrorCode.Unavailable, $"{Limits.WaitingPerEntity} rows are being read already") : null;
    }

    public void OnRead(ParticipantRead read, Turn turn)
    {
        if (!open.Remove(read.Number, out var reading)) return;
        var (id, without) = (reading.Request.TransactionId, reading.Request.Without);
        // It may have been decided meanwhile, by all who answered, and then that counts; even long enough to have left this slot.
        if (table.Find(id) is not { } record)
        {
            LookUps.NotAnswered(reading.Call, "it was decided meanwhile; ask again", turn);
            return;
        }
        if (!record.IsDecided)
        {
            if (read.Vote is not null) driver.OnVote(read.Vote, without, turn);
            else if (read.Unreadable.Length == 0)
            {
                LookUps.NotAnswered(reading.Call, "the journal can't be read now", turn);
                return;
            }
            else if (reading.Request.GiveUp) driver.GiveUp(record, without, turn);
            else
            {
                turn.AnswerForNow(reading.Call, Replies.Failure(ErrorCode.InvalidArgument,
                    $"without '{without}' must have rows that can be read, and they can't: {read.Unreadable}; giveUp drops the transaction, and nobody will know whether it was committed"));
                return;
            }
        }
        turn.Answer(reading.Call, TransactionReplies.Status(id, record));
    }

    public void Tick(Turn turn)
    {
        foreach (var (number, reading) in open.Where(r => r.Value.UntilMs <= turn.At.MonoMs).ToArray())
        {
            open.Remove(number);
            LookUps.NotAnswered(reading.Call, $"the journal did not answer within {PatienceMs / 1000} s", turn);
        }
    }
}
