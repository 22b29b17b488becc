using Akka.Actor;

namespace AkkaHa.Node.Entities;

/// <summary>
/// When an entity decides without a command, and whether it may sleep. With nearly every batch both move on: a timer is set anew only where it must ring sooner, and one that rings too soon is set again.
/// </summary>
internal sealed class EntityAlarms
{
    private const long IdleAfterMs = 120_000;

    private long? setForMs;
    private long usedAtMs;

    private static long NowMs => NodeClock.Now().MonoMs;

    /// <summary>It has recovered.</summary>
    public void Begin(ITimerScheduler timers)
    {
        Used();
        LookAfter(timers, IdleAfterMs);
    }

    /// <summary>A command has come.</summary>
    public void Used() => usedAtMs = NowMs;

    /// <summary>Whether nobody has used it for two minutes. It is asked again when that may be so.</summary>
    public bool IsUnused(ITimerScheduler timers)
    {
        var unusedMs = NowMs - usedAtMs;
        LookAfter(timers, unusedMs >= IdleAfterMs ? IdleAfterMs : IdleAfterMs - unusedMs);
        return unusedMs >= IdleAfterMs;
    }

    /// <summary>Rings at that moment, or sooner.</summary>
    /// <param name="timers">Of the actor.</param>
    /// <param name="atMs">When; null: nothing is due.</param>
    public void Set(ITimerScheduler timers, long? atMs)
    {
        if (atMs is not { } at || setForMs <= at) return;
        setForMs = at;
        timers.StartSingleTimer(Wake.Instance, Wake.Instance, TimeSpan.FromMilliseconds(Math.Max(1, at - NowMs)));
    }

    /// <summary>Whoever was woken sets it again, when more is due later.</summary>
    public void HasRung() => setForMs = null;

    private static void LookAfter(ITimerScheduler timers, long ms) => timers.StartSingleTimer(IdleLook.Instance, IdleLook.Instance, TimeSpan.FromMilliseconds(ms));

    /// <summary>Something may be due.</summary>
    public sealed class Wake
    {
        internal static readonly Wake Instance = new();
    }

    /// <summary>Nobody may have used it for a while.</summary>
    public sealed class IdleLook
    {
        internal static readonly IdleLook Instance = new();
    }
}
