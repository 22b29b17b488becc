using Akka.Actor;
using AkkaHa.Core.Entities;

namespace AkkaHa.Node.Entities;

/// <summary>
/// What has come to an entity and tells nobody anything yet waits for what comes next, so long at most, and what the timers are late (10 ms each): they share a write, and nobody who is waited for comes
/// behind one that nobody waits for (ADR 0042).
/// </summary>
internal sealed class Company(Entity entity, CommandQueue queue, long atMostMs)
{
    /// <summary>So many commands at most: a burst does not wait.</summary>
    public const int AtMost = 64;

    private long? sinceMs;
    private bool isTimed;

    /// <summary>Whether all that has come waits. Then <see cref="Over"/> comes for it.</summary>
    /// <param name="timers">Of the actor.</param>
    /// <param name="may">False: it is decided now, whatever it is.</param>
    public bool Waits(ITimerScheduler timers, bool may)
    {
        if (!may || queue.Count is 0 or > AtMost) return Ends();
        var now = NodeClock.Now();
        if (now.MonoMs - sinceMs >= atMostMs || !queue.TryLeave(entity, now)) return Ends();
        sinceMs ??= now.MonoMs;
        if (isTimed) return true;
        isTimed = true;
        timers.StartSingleTimer(Over.Instance, Over.Instance, TimeSpan.FromMilliseconds(sinceMs.Value + atMostMs - now.MonoMs));
        return true;
    }

    private bool Ends()
    {
        sinceMs = null;
        return false;
    }

    /// <summary><see cref="Over"/> has come: it may have been for one that does not wait any more.</summary>
    public void HasRung() => isTimed = false;

    /// <summary>Something may have waited for as long as it may.</summary>
    public sealed class Over
    {
        internal static readonly Over Instance = new();
    }
}
