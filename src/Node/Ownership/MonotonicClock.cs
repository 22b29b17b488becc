using System.Diagnostics;

namespace AkkaHa.Node.Ownership;

/// <summary>This process's monotonic clock, in milliseconds. It goes on while the process is stopped, but not while the machine sleeps.</summary>
internal static class MonotonicClock
{
    public static long NowMs => (long)Stopwatch.GetElapsedTime(0).TotalMilliseconds;
}
