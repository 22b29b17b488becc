using System.Globalization;

namespace AkkaHa.Load;

/// <summary>Load, a kill, the wait until all is served again, and the return of what was killed: with the same definition of a gap for every side.</summary>
public static class RoundRunner
{
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Calm = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Watch = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan AtMost = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan BackWithin = TimeSpan.FromSeconds(90);

    /// <summary>One round; the side is whole again when this returns.</summary>
    /// <param name="side">Of whom.</param>
    /// <param name="number">From 0; it chooses the victim, and is the seed.</param>
    /// <param name="rate">Calls a second.</param>
    /// <param name="ct">Gives up.</param>
    /// <exception cref="TimeoutException">What was killed did not come back, not even without load.</exception>
    public static async Task<Round> RunAsync(ISide side, int number, double rate, CancellationToken ct)
    {
        var lanes = side.Lanes;
        lanes.Clear();
        var machine = double.Parse((await File.ReadAllTextAsync("/proc/loadavg", ct)).Split(' ')[0], CultureInfo.InvariantCulture);
        await using var load = new OpenLoop(side.Target, lanes, rate, number);
        // Kills must not keep step with anybody's heartbeats.
        await Task.Delay(WarmUp + (TimeSpan.FromSeconds(1) * new Random(number).NextDouble()), ct);
        load.TakeLateness();
        var (startedAt, sent) = (Now, load.Sent);
        await Task.Delay(Calm, ct);
        var victim = await side.ChooseAsync(number, ct);

        var killedAt = Now;
        await victim.KillAsync();
        // At least as long as before a node would be missed at all; then until every key was served, and a little on: what is back may go again.
        do await Task.Delay(100, ct);
        while (!lanes.All.All(l => l.AnsweredSince(killedAt)) && Since(killedAt) < AtMost);
        await Task.Delay(Watch, ct);

        var backAt = Now;
        await victim.StartAsync();
        TimeSpan? backTook = null;
        if (await EndsAsync(victim.WaitBackAsync, BackWithin, ct)) backTook = Since(backAt);
        await Task.Delay(Watch, ct);
        var endedAt = Now;
        if (backTook is null)
        {
            // It may be the load that keeps it away: then it is told, and the next round begins with a whole cluster all the same.
            await load.DisposeAsync();
            if (!await EndsAsync(victim.WaitBackAsync, BackWithin, ct)) throw new TimeoutException($"{victim.Name} did not come back, not even without load");
        }
        return new Round(
            side.Target.Name, number, victim.Turn, victim.Name,
            Gap.Of(lanes.Hot, startedAt, killedAt),
            Gap.Of(lanes.Hot.Where(l => victim.Owns(l)), killedAt, backAt),
            Gap.Of(lanes.All.Where(l => victim.Owns(l)), killedAt, backAt),
            Gap.Of(lanes.Hot.Where(l => !victim.Owns(l)), killedAt, backAt),
            Gap.Of(lanes.All.Where(l => !victim.Owns(l)), killedAt, backAt),
            Gap.Of(lanes.Hot, backAt, endedAt),
            backTook, load.TakeLateness(), load.WorstOutstanding, machine, (load.Sent - sent) / Since(startedAt).TotalSeconds);
    }

    private static async Task<bool> EndsAsync(Func<CancellationToken, Task> wait, TimeSpan within, CancellationToken ct)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(ct);
        patience.CancelAfter(within);
        try
        {
            await wait(patience.Token);
            return true;
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return false;
        }
    }

    private static long Now => TimeProvider.System.GetTimestamp();

    private static TimeSpan Since(long timestamp) => TimeProvider.System.GetElapsedTime(timestamp);
}
