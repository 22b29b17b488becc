using System.Diagnostics;
using AkkaHa.Core.Overload;

namespace AkkaHa.Node.Overload;

/// <summary>Tries how long work waits for a thread of the pool, ends the windows of <see cref="Admission"/>, and says in the log when new work begins to be refused, and when that is over. Its own thread, since the pool is what it watches.</summary>
internal sealed class OverloadWatch(Admission admission, ILogger<OverloadWatch> log) : IHostedService, IDisposable
{
    private const int TriesAWindow = 5;
    private static readonly long Between = Stopwatch.Frequency * Shedding.WindowMs / TriesAWindow / 1000;

    /// <summary>So long without a refusal, and it is over: what comes and goes within is one event.</summary>
    private static readonly TimeSpan Calm = TimeSpan.FromSeconds(10);

    private readonly ManualResetEventSlim stop = new();
    private readonly Probe probe = new(admission);
    private Thread? thread;
    private long? shedAt;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        // Fifty tries a second are not for nothing.
        if (!admission.Sheds) return Task.CompletedTask;
        thread = new Thread(Run) { IsBackground = true, Name = "overload", Priority = ThreadPriority.AboveNormal };
        thread.Start();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        stop.Set();
        return Task.CompletedTask;
    }

    public void Dispose()
    {
        stop.Set();
        thread?.Join();
        stop.Dispose();
    }

    private void Run()
    {
        var (window, due) = (Stopwatch.StartNew(), Stopwatch.GetTimestamp());
        while (true)
        {
            due += Between;
            var left = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), due);
            if (stop.Wait(left > TimeSpan.Zero ? left : TimeSpan.Zero)) return;
            // From when it was due: a machine whose processors are taken wakes this thread late too.
            probe.Try(due);
            if (Stopwatch.GetTimestamp() - due > Between) due = Stopwatch.GetTimestamp();
            if (window.ElapsedMilliseconds < Shedding.WindowMs) continue;
            window.Restart();
            probe.TellIfWaiting();
            admission.EndWindow();
            Report();
        }
    }

    private void Report()
    {
        var place = Enum.GetValues<Wait>().MaxBy(admission.Refused);
        if (admission.Refused(place) > 0)
        {
            if (shedAt is null) log.LogWarning("Too much to do: new work is refused, because too many calls wait, or all for too long, for their {Place}", place.ToString().ToLowerInvariant());
            shedAt = Stopwatch.GetTimestamp();
        }
        else if (shedAt is { } last && Stopwatch.GetElapsedTime(last) > Calm)
        {
            shedAt = null;
            log.LogInformation("All new work is taken again");
        }
    }

    /// <summary>Waits for a thread as a new call does.</summary>
    private sealed class Probe(Admission admission) : IThreadPoolWorkItem
    {
        private long postedAt;

        /// <param name="due">Since when it waits.</param>
        public void Try(long due)
        {
            if (Interlocked.Read(ref postedAt) != 0) return;
            Interlocked.Exchange(ref postedAt, due);
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }

        /// <summary>Its wait counts also while it lasts.</summary>
        public void TellIfWaiting()
        {
            if (Interlocked.Read(ref postedAt) is var since and not 0) admission.WaitedSince(Wait.Thread, since);
        }

        public void Execute() => admission.WaitedSince(Wait.Thread, Interlocked.Exchange(ref postedAt, 0));
    }
}
