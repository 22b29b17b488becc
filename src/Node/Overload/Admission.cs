using System.Diagnostics;
using AkkaHa.Core.Overload;
using AkkaHa.Messages.Internal;
using AkkaHa.Node.Api.Errors;
using AkkaHa.Node.Metrics;
using AkkaHa.Node.Settings;

namespace AkkaHa.Node.Overload;

/// <summary>
/// Decides which new work this node takes (ADR 0032). Waits are told to it from wherever calls wait; at the end of each window <see cref="Shedding"/> makes shares of them. Safe for concurrent use.
/// </summary>
internal sealed class Admission
{
    /// <summary>As long as fewer calls are under way, nothing is refused: there is no queue, whatever else makes them slow.</summary>
    public const int Few = 32;

    private const int Lots = 1_000_000;
    private const int WindowsASecond = 1000 / Shedding.WindowMs;
    private static readonly TimeSpan LeastHint = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestHint = TimeSpan.FromSeconds(2);

    private readonly OverloadSettings settings;
    private readonly Watched[] watched;
    private readonly YoungCalls young = new();
    private int windows;

    public Admission(OverloadSettings settings)
    {
        this.settings = settings;
        watched = [.. Enum.GetValues<Wait>().Select(place => new Watched(settings.TargetMs, place == Wait.Journal ? new UsualTime() : null))];
    }

    /// <summary>Takes all that comes.</summary>
    public static Admission Open => new(new OverloadSettings());

    /// <summary>Whether it ever refuses anything.</summary>
    public bool Sheds => settings.Shed;

    /// <summary>Somebody has waited there since then, a timestamp, and does not any more.</summary>
    public void WaitedSince(Wait place, long timestamp) => watched[(int)place].Waited(Stopwatch.GetElapsedTime(timestamp).Ticks);

    /// <summary>The share that is refused for the wait there.</summary>
    public double Share(Wait place) => watched[(int)place].Share;

    /// <summary>What a new call of a client is refused with; null: it is taken.</summary>
    public Failure? Refusal(NewWork work)
    {
        if (!settings.Shed) return null;
        var underWay = young.Count;
        if (underWay >= settings.CallsAtMost) return Refuse(work.Method, "calls", LongestHint);
        if (underWay < Few) return null;
        var (place, share) = Highest(work.Writes);
        return share > 0 && Random.Shared.NextDouble() < share ? Refuse(work.Method, NameOf(place), Hint(share)) : null;
    }

    /// <summary>A call was taken; to be ended by <see cref="YoungCalls.Generation.Leave"/>.</summary>
    public YoungCalls.Generation Enter() => young.Enter();

    /// <summary>
    /// Notes when the command of a call that was taken came, and gives it a lot: by that its owner, should it be another node, takes or refuses it. Here it has passed, so its lot is above the bound here: two nodes that both have too
    /// much to do refuse no more than the busier one would.
    /// </summary>
    public void Stamp(Command command)
    {
        command.ArrivedAt = Stopwatch.GetTimestamp();
        if (!settings.Shed || NewWork.Of(command) is not { } work || young.Count < Few) return;
        var share = Highest(work.Writes).Share;
        command.Lot = 1 + (uint)((share + ((1 - share) * Random.Shared.NextDouble())) * (Lots - 1));
    }

    /// <summary>What the owner refuses a command with; null: it is taken.</summary>
    public Failure? Refusal(Command command)
    {
        if (!settings.Shed || command.Lot == 0 || NewWork.Of(command) is not { } work) return null;
        var (place, share) = Highest(work.Writes);
        return command.Lot <= share * Lots ? Refuse(work.Method, NameOf(place), Hint(share)) : null;
    }

    /// <summary>A window has ended; called by one thread.</summary>
    public void EndWindow()
    {
        if (++windows % WindowsASecond == 0) young.GrowOlder();
        foreach (var place in Enum.GetValues<Wait>())
        {
            var (waitMs, share) = watched[(int)place].EndWindow();
            OverloadMeter.Window(NameOf(place), waitMs / 1000, settings.Shed ? share : 0);
        }
    }

    private (Wait Place, double Share) Highest(bool writes)
    {
        var (place, share) = (Wait.Thread, watched[(int)Wait.Thread].Share);
        if (watched[(int)Wait.Entity].Share is var entity && entity > share) (place, share) = (Wait.Entity, entity);
        if (writes && watched[(int)Wait.Journal].Share is var journal && journal > share) (place, share) = (Wait.Journal, journal);
        return (place, share);
    }

    /// <summary>The more is refused, the longer who was refused stays away: else those who come again would be most of what there is to refuse.</summary>
    private static TimeSpan Hint(double share) => LeastHint / (1 - share) is var hint && hint < LongestHint ? hint : LongestHint;

    private static Failure Refuse(string what, string place, TimeSpan hint)
    {
        OverloadMeter.Shed(what, place);
        return Refusals.Overloaded(hint);
    }

    private static string NameOf(Wait place) => place switch
    {
        Wait.Thread => "thread",
        Wait.Entity => "entity",
        _ => "journal",
    };

    /// <summary>One place, and the share for it.</summary>
    /// <param name="targetMs">What is waited there at most.</param>
    /// <param name="usual">Where waiting is what something takes beyond the usual; null: all of it is.</param>
    private sealed class Watched(double targetMs, UsualTime? usual)
    {
        /// <summary>What takes long is not done in every window: so many without word, and there is nothing to do.</summary>
        private const int SilentAtMost = 10;

        private readonly Shedding shedding = new(targetMs);
        private long shortest = long.MaxValue;
        private double share;
        private double waitMs;
        private int silent;

        public double Share => Volatile.Read(ref share);

        public void Waited(long ticks)
        {
            for (var seen = Volatile.Read(ref shortest); ticks < seen;)
            {
                var before = Interlocked.CompareExchange(ref shortest, ticks, seen);
                if (before == seen) return;
                seen = before;
            }
        }

        public (double WaitMs, double Share) EndWindow()
        {
            var ticks = Interlocked.Exchange(ref shortest, long.MaxValue);
            if (ticks != long.MaxValue) Told(TimeSpan.FromTicks(Math.Max(0, ticks)).TotalMilliseconds);
            else if (++silent >= SilentAtMost) Told(0, known: false);
            usual?.EndWindow();
            return (waitMs, shedding.Share);
        }

        private void Told(double timeMs, bool known = true)
        {
            if (known) silent = 0;
            waitMs = known && usual is not null ? usual.Beyond(timeMs) : timeMs;
            shedding.Window(waitMs);
            Volatile.Write(ref share, shedding.Share);
        }
    }
}
