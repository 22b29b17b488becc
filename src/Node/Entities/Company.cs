using Akka.Actor;
using AkkaHa.Core.Entities;

namespace AkkaHa.Node.Entities;

/// <summary>
/// What has come to an entity and tells nobody anything yet waits for what comes next, for <see cref="Entity.CompanyMs"/> and what the timers are late (10 ms each): they share a write, and nobody who is waited
/// for comes behind one that nobody waits for.
/// </summary>
internal sealed class Company(Entity entity, CommandQueue queue)
{
    /// <summary>Looked at again with each that comes.</summary>
    private const int AtMost = 64;

    private long? sinceMs;
    private bool isTimed;

    /// <summary>Whether all that has come may wait. Then <see cref="Over"/> comes for it.</summary>
    public bool Waits(ITimerScheduler timers)
    {
        var now = NodeClock.Now();
        if (queue.Count is 0 or > AtMost || now.MonoMs - sinceMs >= Entity.CompanyMs || !queue.MayWait(entity, now))
        {
            sinceMs = null;
            return false;
        }
        sinceMs ??= now.MonoMs;
        if (isTimed) return true;
        isTimed = true;
        timers.StartSingleTimer(Over.Instance, Over.Instance, TimeSpan.FromMilliseconds(sinceMs.Value + Entity.CompanyMs - now.MonoMs));
        return true;
    }

    /// <summary><see cref="Over"/> has come: it may have been for one that does not wait any more.</summary>
    public void HasRung() => isTimed = false;

    /// <summary>Something may have waited for as long as it may.</summary>
    public sealed class Over
    {
        internal static readonly Over Instance = new();
    }
}
