namespace AkkaHa.Messages.Internal;

/// <summary>What is known of a command in the process that has it, and does not travel.</summary>
public sealed partial class Command
{
    private IDisposable? untilTurn;

    /// <summary>When it came into this process, as a timestamp of its monotonic clock; 0: nobody counts.</summary>
    public long ArrivedAt { get; set; }

    /// <summary>When it came there was too much to do: its owner refuses it.</summary>
    public bool IsTooMuch { get; set; }

    /// <summary>It is counted among what waits for its turn here, until <see cref="EndWait"/>.</summary>
    public void AwaitTurn(IDisposable counted) => untilTurn = counted;

    /// <summary>It does not wait for its turn here any more; whether it was counted among what does.</summary>
    public bool EndWait()
    {
        if (untilTurn is null || Interlocked.Exchange(ref untilTurn, null) is not { } counted) return false;
        counted.Dispose();
        return true;
    }
}
