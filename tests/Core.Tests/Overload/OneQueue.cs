using AkkaHa.Core.Overload;

namespace AkkaHa.Core.Tests.Overload;

/// <summary>One queue in virtual time, in seconds of work, in front of which a share is refused; refusing is work too.</summary>
internal sealed class OneQueue(double targetMs)
{
    private const double StepSeconds = 0.01;
    private const int Steps = (int)(Shedding.WindowMs / 1000.0 / StepSeconds);

    /// <summary>Of what it costs to do a call.</summary>
    private const double CostOfRefusing = 0.1;

    private double waiting;

    public Shedding Shedding { get; } = new(targetMs);

    /// <summary>For so long nothing is done, and as much is asked as ever.</summary>
    public void Pause(double load, double seconds) => waiting += load * seconds;

    /// <summary>Asks so many times what can be done; the wait of the calls that came last, window for window, and how much was done of what could be.</summary>
    public (IReadOnlyList<double> WaitsMs, double Done) Run(double load, double seconds)
    {
        var waits = new List<double>();
        var done = 0.0;
        for (var window = 0; window < seconds * 1000 / Shedding.WindowMs; window++)
        {
            var shortest = double.MaxValue;
            for (var step = 0; step < Steps; step++)
            {
                var (taken, refused) = (load * (1 - Shedding.Share) * StepSeconds, load * Shedding.Share * StepSeconds);
                done += taken;
                waiting = Math.Max(0, waiting + taken + (CostOfRefusing * refused) - StepSeconds);
                shortest = Math.Min(shortest, waiting * 1000);
            }
            waits.Add(shortest);
            Shedding.Window(shortest);
        }
        return (waits, done / seconds);
    }
}
