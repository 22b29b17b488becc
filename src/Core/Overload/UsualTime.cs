namespace AkkaHa.Core.Overload;

/// <summary>
/// What something takes when there is little to do: the least of the last five to ten minutes. What it takes beyond is waiting. So a slow database is not taken for one that is asked too much; one that has become
/// slower for good is, for ten minutes.
/// </summary>
public sealed class UsualTime
{
    /// <summary>Half of what is remembered, in windows of <see cref="Shedding.WindowMs"/>.</summary>
    public const int Windows = 5 * 60 * 1000 / Shedding.WindowMs;

    private double before = double.MaxValue;
    private double now = double.MaxValue;
    private int windows;

    /// <summary>What it takes, in milliseconds; 0: not known yet.</summary>
    public double Ms => Math.Min(before, now) is var least && least < double.MaxValue ? least : 0;

    /// <summary>How much longer than usual the shortest time of a window was.</summary>
    public double Beyond(double shortestMs)
    {
        now = Math.Min(now, shortestMs);
        return shortestMs - Math.Min(before, now);
    }

    /// <summary>A window has ended, whether anything was done in it or not.</summary>
    public void EndWindow()
    {
        if (++windows % Windows != 0) return;
        // Of a time in which nothing was done nothing is known.
        if (now < double.MaxValue) before = now;
        now = double.MaxValue;
    }
}
