using Microsoft.Data.Sqlite;
using Npgsql;

namespace AkkaHa.Node.Storage;

/// <summary>
/// Whether the journal takes this node's writes, by what came of them. Only silence and failures count, and only without a success: a busy journal is slow, and takes some all the same. While nothing
/// is written nothing is known: then a trial is due (<see cref="JournalTrial"/>).
/// </summary>
internal sealed class JournalWrites
{
    /// <summary>Without a success for so long, a trial is due.</summary>
    public const long TrialAfterMs = 3_000;

    /// <summary>Without a success for so long, the journal can't be written: neither by entities nor in a trial; or by no entity, while some try.</summary>
    public const long PatienceMs = 6_000;

    private readonly Lock all = new();
    private int underWay;
    private long waitingSinceMs;
    private long? succeededAtMs;
    private (string Message, long AtMs)? failed;
    private string? trialFailed;

    /// <summary>An entity writes.</summary>
    public void Began(long nowMs)
    {
        lock (all)
            if (underWay++ == 0) waitingSinceMs = nowMs;
    }

    /// <summary>It is durable.</summary>
    public void Succeeded(long nowMs)
    {
        lock (all)
        {
            underWay--;
            (waitingSinceMs, succeededAtMs, failed, trialFailed) = (nowMs, nowMs, null, null);
        }
    }

    /// <summary>It was not confirmed.</summary>
    public void Failed(Exception cause, long nowMs)
    {
        lock (all)
        {
            underWay--;
            if (!IsCollision(cause)) failed = (cause.Message, nowMs);
        }
    }

    /// <summary>Nobody waits for it any more, or it was none of the journal's doing.</summary>
    public void Abandoned()
    {
        lock (all) underWay--;
    }

    public void TrialSucceeded(long nowMs)
    {
        lock (all) (succeededAtMs, trialFailed) = (nowMs, null);
    }

    public void TrialFailed(string message)
    {
        lock (all) trialFailed = message;
    }

    public bool IsTrialDue(long nowMs)
    {
        lock (all) return succeededAtMs is not { } at || nowMs - at >= TrialAfterMs;
    }

    /// <summary>Why it can't be written; null: it can. A failure counts for a while though a trial succeeds: on a full disk a small write may find room.</summary>
    public string? Trouble(long nowMs)
    {
        lock (all)
        {
            if (failed is { } f && nowMs - f.AtMs < PatienceMs) return $"the journal can't be written: {f.Message}";
            if (underWay > 0 && nowMs - waitingSinceMs >= PatienceMs) return $"the journal can't be written: a write has been under way for {(nowMs - waitingSinceMs) / 1000} s";
            if (succeededAtMs is not { } at) return $"the journal has not been written yet{Why()}";
            return nowMs - at < PatienceMs ? null : $"the journal can't be written: nothing was for {(nowMs - at) / 1000} s{Why()}";
        }
    }

    private string Why() => trialFailed is null ? "" : $" ({trialFailed})";

    /// <summary>A row is there already: another owner wrote it, so the journal can be written.</summary>
    private static bool IsCollision(Exception? cause) => cause switch
    {
        null => false,
        PostgresException { SqlState: PostgresErrorCodes.UniqueViolation } or SqliteException { SqliteErrorCode: 19 } => true,
        AggregateException many => many.InnerExceptions.Any(IsCollision),
        _ => IsCollision(cause.InnerException),
    };
}
