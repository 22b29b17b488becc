using AkkaHa.Core.Overload;

namespace AkkaHa.Node.Overload;

/// <summary>One place where calls wait: how long, how many, and what of them is refused for it. Safe for concurrent use, but for <see cref="EndWindow"/>.</summary>
/// <param name="targetMs">What is waited there at most.</param>
/// <param name="waiting">How much waits there now; null: nobody can say.</param>
/// <param name="usual">Where waiting is what something takes beyond the usual; null: all of it is.</param>
internal sealed class WaitingPlace(double targetMs, Func<int>? waiting, UsualTime? usual)
{
    /// <summary>What comes when so much waits that its own wait would be this many times the target is refused at once.</summary>
    public const double TargetsAtMost = 2;

    /// <summary>What takes long is not done in every window: so many without word, and there is nothing to do.</summary>
    private const int SilentAtMost = 10;

    /// <summary>The newest window's part of what was lately.</summary>
    private const double Newest = 0.2;

    private const double Nothing = 0.001;

    private readonly Shedding shedding = new(targetMs);
    private readonly Backlog backlog = new(TargetsAtMost * targetMs);
    private long shortest = long.MaxValue;
    private double share;
    private double waitMs;
    private int silent;
    private int done;
    private int atMost = Backlog.Burst;
    private double lessAMs;
    private int turnedAway;
    private double turnedAwayLately;

    /// <summary>Of what comes, so much is to be refused because all wait too long.</summary>
    public double Share => Volatile.Read(ref share);

    /// <summary>Of what came lately, so much was refused, for that or because it was full.</summary>
    public double Refused => Math.Max(Share, Volatile.Read(ref turnedAwayLately));

    /// <summary>Whether anything is refused for what waits here, or was since the last window ended.</summary>
    public bool Refuses => Share > 0 || Volatile.Read(ref turnedAway) > 0;

    /// <summary>How much waits; null: nobody can say.</summary>
    public int? Waiting => waiting?.Invoke();

    /// <summary>Whether so much waits that no more is taken of what has waited so long before it came here; below 0: it came sooner than usual.</summary>
    public bool IsFull(double waitedMs) =>
        Waiting >= Math.Max(Backlog.AtLeastInFrontOfLate, Volatile.Read(ref atMost) - (Volatile.Read(ref lessAMs) * Math.Max(0, waitedMs)));

    /// <summary>Somebody has waited so long, and does not any more.</summary>
    public void Waited(long ticks)
    {
        for (var seen = Volatile.Read(ref shortest); ticks < seen;)
        {
            var before = Interlocked.CompareExchange(ref shortest, ticks, seen);
            if (before == seen) return;
            seen = before;
        }
    }

    /// <summary>So much of what waited has had its turn.</summary>
    public void Done(int count) => Interlocked.Add(ref done, count);

    /// <summary>Something was refused because so much waits here.</summary>
    public void TurnedAway() => Interlocked.Increment(ref turnedAway);

    /// <param name="taken">So many calls were taken in the window that ends.</param>
    /// <param name="refused">Whether any was refused in it, wherever.</param>
    /// <returns>The shortest wait in it, in milliseconds.</returns>
    public double EndWindow(int taken, bool refused)
    {
        var ticks = Interlocked.Exchange(ref shortest, long.MaxValue);
        if (ticks != long.MaxValue) Told(TimeSpan.FromTicks(Math.Max(0, ticks)).TotalMilliseconds);
        else if (++silent >= SilentAtMost) Told(0, known: false);
        usual?.EndWindow();
        var away = Interlocked.Exchange(ref turnedAway, 0);
        backlog.Window(Interlocked.Exchange(ref done, 0), Waiting ?? 0, usual?.Ms ?? 0, refused);
        Volatile.Write(ref atMost, backlog.AtMost);
        Volatile.Write(ref lessAMs, backlog.LessAMs);
        var lately = turnedAwayLately + (Newest * ((double)away / Math.Max(1, away + taken) - turnedAwayLately));
        Volatile.Write(ref turnedAwayLately, lately < Nothing ? 0 : lately);
        return waitMs;
    }

    private void Told(double timeMs, bool known = true)
    {
        if (known) silent = 0;
        waitMs = known && usual is not null ? usual.Beyond(timeMs) : timeMs;
        shedding.Window(waitMs);
        Volatile.Write(ref share, shedding.Share);
    }
}
