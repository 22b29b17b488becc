using System.Diagnostics;
using AkkaHa.Core.Overload;
using AkkaHa.Messages.Internal;
using AkkaHa.Node.Api.Errors;
using AkkaHa.Node.Metrics;
using AkkaHa.Node.Settings;

namespace AkkaHa.Node.Overload;

/// <summary>
/// Decides which new work this node takes (ADR 0032, 0039, 0043). Waits, and what waits, are told to it from wherever calls wait; at the end of each window <see cref="Shedding"/> makes shares of the waits, and <see cref="Backlog"/>
/// says how much may wait. Safe for concurrent use.
/// </summary>
internal sealed class Admission
{
    /// <summary>As long as fewer calls are under way at a node, it refuses nothing: there is no queue, whatever else makes them slow.</summary>
    public const int Few = 128;

    private const int Lots = 1_000_000;
    private const int WindowsASecond = 1000 / Shedding.WindowMs;
    private static readonly TimeSpan LeastHint = TimeSpan.FromMilliseconds(100);

    /// <summary>So that there are few of them: what says one over a pipeline is made once.</summary>
    private static readonly TimeSpan HintStep = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan LongestHint = TimeSpan.FromSeconds(2);

    private readonly OverloadSettings settings;
    private readonly WaitingPlace stream;
    private readonly WaitingPlace thread;
    private readonly WaitingPlace entity;
    private readonly WaitingPlace journal;
    private readonly YoungCalls young = new();
    private readonly YoungCalls undecided = new();
    private readonly YoungCalls recovering = new();
    private int unstored;
    private int taken;
    private int windows;

    public Admission(OverloadSettings settings)
    {
        this.settings = settings;
        stream = new WaitingPlace(settings.TargetMs, null, null);
        thread = new WaitingPlace(settings.TargetMs, null, null);
        entity = new WaitingPlace(settings.TargetMs, () => Math.Max(0, undecided.Count - recovering.Count), null);
        journal = new WaitingPlace(settings.TargetMs, () => Volatile.Read(ref unstored), new UsualTime());
    }

    /// <summary>Takes all that comes.</summary>
    public static Admission Open => new(new OverloadSettings { Shed = false });

    /// <summary>Whether it ever refuses anything.</summary>
    public bool Sheds => settings.Shed;

    /// <summary>Somebody has waited there since then, a timestamp, and does not any more.</summary>
    public void WaitedSince(Wait place, long timestamp) => Of(place).Waited(Stopwatch.GetElapsedTime(timestamp).Ticks);

    /// <summary>The share that is to be refused for the wait there.</summary>
    public double Share(Wait place) => Of(place).Share;

    /// <summary>The share that was refused lately for what waits there, or how long.</summary>
    public double Refused(Wait place) => Of(place).Refused;

    /// <summary>What a new call of a client is refused with; null: it is taken.</summary>
    public Failure? Refusal(NewWork work)
    {
        if (!settings.Shed) return null;
        var underWay = young.Count;
        if (underWay >= settings.CallsAtMost) return Refuse(work.Method, "calls", LongestHint);
        if (underWay < Few) return null;
        if (Full(work.Writes) is { } full) return TurnAway(work.Method, full);
        var (place, share) = Highest(work.Writes);
        return RefuseAShare(work.Method, place, share);
    }

    /// <summary>
    /// What a new call is refused with that has waited before this node came to read it: for too long, since whoever sent it may have no patience left, and those behind it have not; or so long that with what waits here in front of
    /// it, it would be. Null: it is not too late.
    /// </summary>
    /// <param name="work">What it is.</param>
    /// <param name="waitedMs">So much longer than usual it has waited; null: that is not known.</param>
    /// <param name="beside">So many came with it.</param>
    public Failure? TooLate(NewWork work, double? waitedMs, int beside)
    {
        var underWay = young.Count;
        if (!settings.Shed || waitedMs is not { } waited || underWay + beside < Few) return null;
        stream.Waited((long)(waited * TimeSpan.TicksPerMillisecond));
        if (waited > WaitingPlace.TargetsAtMost * settings.TargetMs) return TurnAway(work.Method, Wait.Stream);
        if (underWay >= Few && underWay < settings.CallsAtMost && Full(work.Writes, waited) is { } full) return TurnAway(work.Method, full);
        return RefuseAShare(work.Method, Wait.Stream, stream.Share);
    }

    /// <summary>A call was taken; to be ended by <see cref="YoungCalls.Generation.Leave"/>.</summary>
    public YoungCalls.Generation Enter()
    {
        if (settings.Shed) Interlocked.Increment(ref taken);
        return young.Enter();
    }

    /// <summary>
    /// Notes when the command of a call that was taken came, and gives it a lot: by that its owner, should it be another node, takes or refuses it. Here it has passed, so its lot is above the bound here: two nodes that both have too
    /// much to do refuse no more than the busier one would.
    /// </summary>
    public void Stamp(Command command)
    {
        command.ArrivedAt = Stopwatch.GetTimestamp();
        if (settings.Shed && command.Lot == 0 && NewWork.Of(command) is { } work) command.Lot = DrawLot(work.Writes);
    }

    /// <summary>A lot for what has been taken here. One who asks for several things asks with the same for all of them: with many, one would always be refused.</summary>
    public uint DrawLot(bool writes)
    {
        if (!settings.Shed) return 0;
        var share = young.Count < Few ? 0 : Highest(writes).Share;
        return 1 + (uint)((share + ((1 - share) * Random.Shared.NextDouble())) * (Lots - 1));
    }

    /// <summary>A command that <see cref="Stamp"/> has seen is on its way to its entity, which is here.</summary>
    public void AwaitTurn(Command command)
    {
        if (settings.Shed && command.ArrivedAt != 0) command.AwaitTurn(undecided.Enter());
    }

    /// <summary>A command has come from another node, for an entity that is here. What is too much now is refused by its entity: only that can answer.</summary>
    public void Arrived(Command command)
    {
        if (!settings.Shed || command.Lot == 0 || NewWork.Of(command) is not { } work) return;
        if (!HasFewToDecide && Full(work.Writes) is not null)
        {
            command.IsTooMuch = true;
            return;
        }
        Interlocked.Increment(ref taken);
        command.AwaitTurn(undecided.Enter());
    }

    /// <summary>An entity reads its history, until <see cref="YoungCalls.Generation.Leave"/>: a command of it waits for the database, and not for its turn. Null: nobody counts.</summary>
    public YoungCalls.Generation? Recovering() => settings.Shed ? recovering.Enter() : null;

    /// <summary>So many commands that waited for their turn have been decided.</summary>
    public void Decided(int commands)
    {
        if (commands > 0) entity.Done(commands);
    }

    /// <summary>So many rows are being written.</summary>
    public void Storing(int rows) => AddUnstored(rows);

    /// <summary>So many rows are stored.</summary>
    /// <param name="decidedAt">When writing them began, a timestamp.</param>
    public void Stored(int rows, long decidedAt)
    {
        if (!settings.Shed) return;
        AddUnstored(-rows);
        journal.Done(rows);
        WaitedSince(Wait.Journal, decidedAt);
    }

    /// <summary>Nobody waits any more for so many rows.</summary>
    public void Abandoned(int rows) => AddUnstored(-rows);

    /// <summary>What the owner refuses a command with; null: it is taken.</summary>
    public Failure? Refusal(Command command)
    {
        if (!settings.Shed || command.Lot == 0 || NewWork.Of(command) is not { } work) return null;
        if (command.IsTooMuch) return TurnAway(work.Method, Full(work.Writes) ?? Wait.Entity);
        if (HasFewToDecide) return null;
        var (place, share) = Highest(work.Writes);
        return command.Lot <= share * Lots ? Refuse(work.Method, NameOf(place), Hint(share)) : null;
    }

    /// <summary>A window has ended; called by one thread.</summary>
    public void EndWindow()
    {
        if (++windows % WindowsASecond == 0)
        {
            young.GrowOlder();
            undecided.GrowOlder();
            recovering.GrowOlder();
        }
        var calls = Interlocked.Exchange(ref taken, 0);
        var places = Enum.GetValues<Wait>();
        var refused = young.Count >= settings.CallsAtMost || Array.Exists(places, place => Of(place).Refuses);
        foreach (var place in places)
        {
            var waitMs = Of(place).EndWindow(calls, refused);
            OverloadMeter.Window(NameOf(place), waitMs / 1000, Of(place).Waiting, settings.Shed ? Of(place).Refused : 0);
        }
    }

    private void AddUnstored(int rows)
    {
        if (settings.Shed) Interlocked.Add(ref unstored, rows);
    }

    private WaitingPlace Of(Wait place) => place switch
    {
        Wait.Stream => stream,
        Wait.Thread => thread,
        Wait.Entity => entity,
        _ => journal,
    };

    /// <summary>What others pass on is under way here only until it is decided; what came in here, and is not decided, is in both.</summary>
    private bool HasFewToDecide => Math.Max(young.Count, undecided.Count) < Few;

    /// <summary>Where so much waits that no more of this is taken, if it has waited so long already; null: nowhere.</summary>
    private Wait? Full(bool writes, double waitedMs = 0) => entity.IsFull(waitedMs) ? Wait.Entity : writes && journal.IsFull(waitedMs) ? Wait.Journal : null;

    private static Failure? RefuseAShare(string method, Wait place, double share) => share > 0 && Random.Shared.NextDouble() < share ? Refuse(method, NameOf(place), Hint(share)) : null;

    private Failure TurnAway(string method, Wait place)
    {
        Of(place).TurnedAway();
        return Refuse(method, NameOf(place), Hint(Of(place).Refused));
    }

    private (Wait Place, double Share) Highest(bool writes)
    {
        var (place, share) = (Wait.Thread, thread.Share);
        if (entity.Share is var forEntity && forEntity > share) (place, share) = (Wait.Entity, forEntity);
        if (writes && journal.Share is var forJournal && forJournal > share) (place, share) = (Wait.Journal, forJournal);
        return (place, share);
    }

    /// <summary>The more is refused, the longer who was refused stays away: else those who come again would be most of what there is to refuse.</summary>
    private static TimeSpan Hint(double share) => LeastHint / (1 - Math.Min(share, Shedding.ShareAtMost)) is var hint && hint < LongestHint ? HintStep * Math.Round(hint / HintStep) : LongestHint;

    private static Failure Refuse(string what, string place, TimeSpan hint)
    {
        OverloadMeter.Shed(what, place);
        return Refusals.Overloaded(hint);
    }

    private static string NameOf(Wait place) => place switch
    {
        Wait.Stream => "stream",
        Wait.Thread => "thread",
        Wait.Entity => "entity",
        _ => "journal",
    };
}
