namespace AkkaHa.Core.Overload;

/// <summary>
/// Which share of new work is refused, so that calls do not wait long in one place. What counts is the shortest wait of a time: while even the luckiest call waits for too long, more comes than is
/// done, however the machine is made; a long wait beside short ones says nothing. The share follows the wait by a proportional and an integral part, as a thermostat does.
/// Sources: the shortest wait of an interval as the sign of a standing queue, Nichols and Jacobson, "Controlling Queue Delay", ACM Queue 2012; the controller, RFC 8033 (PIE).
/// </summary>
/// <param name="targetMs">A shortest wait above this is too long.</param>
public sealed class Shedding(double targetMs)
{
    /// <summary>How long the times are whose shortest wait is told.</summary>
    public const int WindowMs = 100;

    /// <summary>So many in a row above the target, and it is no chance: a collector's pause, a stolen processor.</summary>
    public const int WindowsBefore = 3;

    /// <summary>Some work is taken always: by what becomes of it one sees that the trouble is over.</summary>
    public const double ShareAtMost = 0.95;

    private const double LeastShare = 0.01;

    // Steady from just above what a node can do up to five times as much, in a model of one queue (tests/Core.Tests/Overload).
    private const double PerSecondOfWait = 2;
    private const double PerSecondOfWaitAndSecond = 1;

    private int windowsAbove;
    private double lasting;

    /// <summary>The share of new work to refuse now, 0 to <see cref="ShareAtMost"/>.</summary>
    public double Share { get; private set; }

    /// <summary>A window has ended.</summary>
    /// <param name="shortestWaitMs">Of all that waited there in it; 0: nobody did.</param>
    public void Window(double shortestWaitMs)
    {
        if (shortestWaitMs > targetMs) Above((shortestWaitMs - targetMs) / 1000);
        else Below(shortestWaitMs);
    }

    private void Above(double seconds)
    {
        if (Share == 0 && ++windowsAbove < WindowsBefore) return;
        lasting = Math.Min(ShareAtMost, lasting + (PerSecondOfWaitAndSecond * seconds * WindowMs / 1000));
        Share = Math.Min(ShareAtMost, lasting + (PerSecondOfWait * seconds));
    }

    /// <summary>Quickly to nothing when the queue is gone; slowly while it is only short enough, for then the share is what keeps it so.</summary>
    private void Below(double waitMs)
    {
        windowsAbove = 0;
        lasting *= waitMs < targetMs / 2 ? 0.8 : 0.95;
        if (lasting < LeastShare) lasting = 0;
        Share = lasting;
    }
}
