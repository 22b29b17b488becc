namespace AkkaHa.Load;

/// <summary>
/// Sends at a rate, whatever becomes of the answers: who is slow is asked no less for it. Calls arrive as a Poisson process, by turns for a hot key and for any key; each is
/// timed from when it was due, so that a sender that was late itself hides nothing.
/// </summary>
public sealed class OpenLoop : IAsyncDisposable
{
    /// <summary>Beyond that, calls are not sent, and count as failed: tens of thousands that all repeat leave this machine no time for the servers.</summary>
    public const int MostOutstanding = 8_000;

    private readonly IKeyTarget target;
    private readonly LaneSet lanes;
    private double rate;
    private readonly Random random;
    // Neither has a timer, so that neither needs to be disposed of.
    private readonly CancellationTokenSource stop = new();
    private readonly CancellationTokenSource abandon = new();
    private readonly Thread sender;
    private int outstanding;
    private int most;
    private long latest;
    private long sent;
    private int hotTurn;
    private int anyTurn;

    /// <summary>Sends from now on.</summary>
    /// <param name="target">Whom.</param>
    /// <param name="lanes">What; the answers go there.</param>
    /// <param name="rate">Calls a second.</param>
    /// <param name="seed">Of the arrivals.</param>
    public OpenLoop(IKeyTarget target, LaneSet lanes, double rate, int seed)
    {
        this.target = target;
        this.lanes = lanes;
        this.rate = rate;
        random = new Random(seed);
        sender = new Thread(Send) { IsBackground = true, Name = "open loop", Priority = ThreadPriority.AboveNormal };
        sender.Start();
    }

    /// <summary>Calls sent so far.</summary>
    public long Sent => Interlocked.Read(ref sent);

    /// <summary>Calls a second from now on.</summary>
    public double Rate
    {
        get => Volatile.Read(ref rate);
        set => Volatile.Write(ref rate, value);
    }

    /// <summary>How often each lane of a hot key is asked, in the mean.</summary>
    public TimeSpan HotEvery => TimeSpan.FromSeconds(2 * lanes.Hot.Count / Rate);

    /// <summary>How often each lane of any other key is asked, in the mean.</summary>
    public TimeSpan AnyEvery => TimeSpan.FromSeconds(2 * lanes.All.Count / Rate);

    /// <summary>Calls without an answer now.</summary>
    public int Outstanding => Volatile.Read(ref outstanding);

    /// <summary>How many calls were without an answer at worst.</summary>
    public int WorstOutstanding => Volatile.Read(ref most);

    /// <summary>How far behind its plan the sender has been at worst, since the last time that somebody asked.</summary>
    public TimeSpan TakeLateness() => TimeSpan.FromTicks(Interlocked.Exchange(ref latest, 0));

    /// <summary>Ends the sending, waits for what is outstanding for a while, and gives the rest up.</summary>
    public async ValueTask DisposeAsync()
    {
        if (stop.IsCancellationRequested) return;
        await stop.CancelAsync();
        await Task.Run(sender.Join);
        for (var i = 0; i < 50 && Outstanding > 0; i++) await Task.Delay(100);
        await abandon.CancelAsync();
        while (Outstanding > 0) await Task.Delay(20);
    }

    private void Send()
    {
        var due = (double)TimeProvider.System.GetTimestamp();
        while (!stop.IsCancellationRequested)
        {
            var now = TimeProvider.System.GetTimestamp();
            var late = TimeProvider.System.GetElapsedTime((long)due, now).Ticks;
            if (late > Interlocked.Read(ref latest)) Interlocked.Exchange(ref latest, late);
            for (; due <= now; due += -Math.Log(1 - random.NextDouble()) * TimeProvider.System.TimestampFrequency / Rate) _ = CallAsync(Next(), (long)due);
            Thread.Sleep(1);
        }
    }

    private Lane Next()
    {
        var hot = lanes.Hot;
        return hot.Count > 0 && random.Next(2) == 0 ? hot[hotTurn++ % hot.Count] : lanes.All[anyTurn++ % lanes.All.Count];
    }

    private async Task CallAsync(Lane lane, long dueAt)
    {
        Interlocked.Increment(ref sent);
        var now = Interlocked.Increment(ref outstanding);
        most = Math.Max(most, now);
        try
        {
            if (now > MostOutstanding) throw new InvalidOperationException($"more than {MostOutstanding} calls are unanswered");
            await (lane.Action == LaneAction.Put ? target.PutAsync(lane.Key, abandon.Token) : target.GetAsync(lane.Key, abandon.Token));
            lane.Acknowledged(dueAt, TimeProvider.System.GetTimestamp());
        }
        catch (Exception)
        {
            // Of whatever kind, it is no acknowledgement.
            lane.Failed(dueAt);
        }
        finally
        {
            Interlocked.Decrement(ref outstanding);
        }
    }
}
