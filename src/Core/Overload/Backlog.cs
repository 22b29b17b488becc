namespace AkkaHa.Core.Overload;

/// <summary>
/// How much may wait in one place, so that what comes last waits no longer than a time: as much as is done there in that time. That is known when it comes; how long it waits is known only afterwards, and what comes at once
/// has all come by then. What can be done is seen while much waits; while little does, it is at least what is done.
/// Source: L = λW, Little, "A Proof for the Queuing Formula", Operations Research 1961.
/// </summary>
/// <param name="waitMs">So long what comes last may wait.</param>
public sealed class Backlog(double waitMs)
{
    /// <summary>So much may wait always, in front of what comes at once.</summary>
    public const int AtLeast = 256;

    /// <summary>The same in front of what has waited before it came.</summary>
    public const int AtLeastInFrontOfLate = 128;

    /// <summary>So much may wait where little has waited lately: what comes at once is soon done, and nobody knows what a node can do that has had nothing to do.</summary>
    public const int Burst = 1_024;

    /// <summary>So many windows in a row with much to do, and it is no burst: what comes at once has come within one. In each more, an overload would take what it does not get done for seconds (ADR 0043).</summary>
    private const int WindowsOfMuch = 2;

    /// <summary>So many in a row with little to do, and bursts may come again: five seconds.</summary>
    private const int WindowsOfLittle = 50;

    /// <summary>Of the newest window, in what is done lately: half a second.</summary>
    private const double Weight = 0.2;

    /// <summary>Of the newest window, in what can be done while much waits: five seconds. A pause of a collector, or of the machine, is no sign of less.</summary>
    private const double WeightOfLess = 0.02;

    private double lately;
    private double can;
    private int much;
    private int little;
    private bool isCalm = true;

    /// <summary>So much may wait now.</summary>
    public int AtMost { get; private set; } = Burst;

    /// <summary>
    /// So much less may wait in front of what has waited already, for each millisecond: what is done in one, so that it waits no longer in all than what comes at once. None while little has waited lately: what is much then is a
    /// burst, and soon done.
    /// </summary>
    public double LessAMs => isCalm ? 0 : can / Shedding.WindowMs;

    /// <summary>A window of <see cref="Shedding.WindowMs"/> has ended.</summary>
    /// <param name="done">What had its turn in it.</param>
    /// <param name="waiting">What waits at its end.</param>
    /// <param name="usualMs">What it takes there when nobody waits.</param>
    /// <param name="refuses">Whether anything was refused in it, here or in another place: what is refused elsewhere would have come here.</param>
    public void Window(int done, int waiting, double usualMs, bool refuses)
    {
        // A bound that is held keeps what waits near to it.
        (much, little) = refuses || waiting >= AtLeast / 2 ? (much + 1, 0) : (0, little + 1);
        isCalm = isCalm ? much < WindowsOfMuch : little >= WindowsOfLittle;
        lately += Weight * (done - lately);
        can = Math.Max(lately, waiting >= AtLeast ? can - (WeightOfLess * (can - lately)) : can);
        AtMost = (int)Math.Max(isCalm ? Burst : AtLeast, can * (waitMs + usualMs) / Shedding.WindowMs);
    }
}
