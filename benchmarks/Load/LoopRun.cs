using HdrHistogram;

namespace AkkaHa.Load;

/// <summary>What a <see cref="ClosedLoop"/> did in the time that counts. Safe for concurrent use.</summary>
public sealed class LoopRun
{
    private const long LongestMicros = 120_000_000;

    private readonly LongConcurrentHistogram micros = new(1, LongestMicros, 3);
    private long errors;
    private long openedAt;
    private volatile bool counts;
    private volatile string? firstError;

    /// <summary>How long it counted.</summary>
    public TimeSpan Time { get; private set; }

    /// <summary>Operations that succeeded.</summary>
    public long Count => micros.TotalCount;

    /// <summary>Operations that did not, the warm-up's too.</summary>
    public long Errors => Interlocked.Read(ref errors);

    /// <summary>The first of them.</summary>
    public string? FirstError => firstError;

    /// <summary>Successes a second.</summary>
    public double PerSecond => Count / Time.TotalSeconds;

    /// <summary>How long successes took, in microseconds.</summary>
    public HistogramBase Micros => micros;

    internal void Open()
    {
        openedAt = TimeProvider.System.GetTimestamp();
        counts = true;
    }

    internal void Close()
    {
        counts = false;
        Time = TimeProvider.System.GetElapsedTime(openedAt);
    }

    internal void Done(TimeSpan took)
    {
        if (counts) micros.RecordValue(Math.Clamp((long)took.TotalMicroseconds, 1, LongestMicros));
    }

    internal void Failed(Exception e)
    {
        firstError ??= $"{e.GetType().Name}: {e.Message}";
        Interlocked.Increment(ref errors);
    }
}
