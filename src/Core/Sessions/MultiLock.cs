using System.Text;
using AkkaHa.Core.Entities;
using AkkaHa.Messages.Storage;

namespace AkkaHa.Core.Sessions;

/// <summary>
/// One acquireAll. Durable: that it was begun, that it is being undone, that all were granted. In memory: who waits for its answer, and which locks have answered.
/// </summary>
internal sealed class MultiLock
{
    public MultiLock(MultiLockStarted started, long sequenceNr, long startedMs)
    {
        Started = started;
        SequenceNr = sequenceNr;
        LastAttempt = started.Attempt;
        Legs = [.. started.Locks.OrderBy(w => w.Name, NameBytes.Instance).Select(w => new MultiLockLeg(this, w, startedMs))];
    }

    public MultiLockStarted Started { get; }

    public string RequestId => Started.RequestId;

    public long SequenceNr { get; }

    /// <summary>In the one order in which everybody takes: by the bytes of their names. Who waits has none that comes later, so that no circle of them can close.</summary>
    public IReadOnlyList<MultiLockLeg> Legs { get; }

    public MultiLockUndoing? Undoing { get; set; }

    /// <summary>When all were granted; 0: not yet.</summary>
    public long GrantedMs { get; set; }

    public bool IsOpen => GrantedMs == 0 || Undoing is not null;

    public bool IsTaking => GrantedMs == 0 && Undoing is null;

    public MultiLockLeg? Next => Legs.FirstOrDefault(l => l.Grant is null);

    /// <summary>Whoever is to hear that all are granted.</summary>
    public Call? Caller { get; set; }

    /// <summary>The caller's time is over; without a caller: nobody has come back.</summary>
    public long UntilMs { get; set; }

    /// <summary>The caller says that it comes again: what it has got is kept for that.</summary>
    public bool KeepsPlace { get; set; }

    /// <summary>The last attempt that came to this activation; null: none has.</summary>
    public uint? HeardAttempt { get; set; }

    /// <summary>The caller wants to know at once, and takes no for an answer.</summary>
    public bool IsTry { get; set; }

    /// <summary>The latest that has called.</summary>
    public uint LastAttempt { get; set; }

    /// <summary>Whoever is to hear that it was undone.</summary>
    public List<Call> Cancellers { get; } = [];

    /// <summary>The last attempt that is taken back, whatever it is being undone for.</summary>
    public uint CancelledUpTo { get; set; }

    public long WakeAtMs
    {
        get
        {
            var wake = IsTaking ? Caller is null || KeepsPlace ? UntilMs : UntilMs + MultiLocks.SilenceMs : long.MaxValue;
            foreach (var leg in Legs) wake = Math.Min(wake, leg.AskAgainAtMs);
            return wake;
        }
    }

    /// <summary>The order of UTF-8 bytes, which that of UTF-16 is not.</summary>
    private sealed class NameBytes : IComparer<string>
    {
        public static readonly NameBytes Instance = new();

        public int Compare(string? x, string? y) => Encoding.UTF8.GetBytes(x ?? "").AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(y ?? ""));
    }
}
