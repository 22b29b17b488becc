using AkkaHa.Core.Keys;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.Storage;

namespace AkkaHa.Simulation.Tests.World;

/// <summary>
/// What tells keys to end, from the rows as they are stored: again and again until they are gone, and often also when it should not. It checks that no key
/// ends before its time, by the clocks of those who wrote, nor while its session lives.
/// </summary>
sealed class Sweeper(SimulatedWorld world, int everyMs)
{
    private readonly Rng rng = world.Rng.Fork();
    private readonly SortedDictionary<string, KeyWritten> keys = new(StringComparer.Ordinal);
    private readonly List<string> ended = [];
    private int everyMs = everyMs;

    public void Begin() => world.Scheduler.After(rng.Between(everyMs / 2, everyMs), () =>
    {
        foreach (var (name, written) in keys)
            if (EndOf(name, written) is { } session) Tell(name, session);
        Begin();
    });

    /// <summary>The storm is over.</summary>
    public void Heal() => everyMs = Math.Min(everyMs, 1000);

    public void Stored(EntityId id, IEnumerable<StoredRow> rows)
    {
        foreach (var row in rows.Select(r => r.Row))
        {
            foreach (var one in row.Events)
            {
                if (one.SessionEnded is { } end) ended.Add(end.SessionId);
                else if ((one.KeyWritten ?? one.Applied?.Write) is { } written) Written(id, LandedWrite.Of(written, row.TimeMs), row.TimeMs);
            }
        }
    }

    /// <summary>After long quiet, in which all sessions have ended.</summary>
    public void CheckDone()
    {
        var now = SimulatedWorld.EpochMs + world.Scheduler.Now;
        var clocksDiffer = world.Faults.SkewMs + (world.Scheduler.Now * world.Faults.DriftPpm / 1_000_000);
        foreach (var (name, written) in keys.Where(k => k.Value.Present))
        {
            if (written.SessionId.Length > 0) world.Fail("quiet", $"key {name} is still there with session {written.SessionId}");
            if (written.ExpiresAtMs > 0 && now - written.ExpiresAtMs > (2 * clocksDiffer) + 10_000) world.Fail("quiet", $"key {name} should have ended {now - written.ExpiresAtMs} ms ago");
        }
    }

    private void Written(EntityId id, KeyWritten written, long rowTimeMs)
    {
        var before = keys.GetValueOrDefault(id.Name);
        keys[id.Name] = written;
        if (!written.Expired) return;
        var byTime = before is { Present: true, ExpiresAtMs: > 0 } && rowTimeMs >= before.ExpiresAtMs;
        var bySession = before is { Present: true } && ended.Contains(before.SessionId);
        if (byTime) world.Count("a key ended by its time to live");
        if (bySession) world.Count("a key ended with its session");
        if (!byTime && !bySession) world.Fail("expiring", $"{id}: {written} at {rowTimeMs} ends {before}");
    }

    /// <summary>Null: leave it. Empty: by its time to live.</summary>
    private string? EndOf(string name, KeyWritten written)
    {
        // Stale, early, wrong: none of it may do harm.
        if (rng.Chance(0.05))
        {
            world.Count("swept without a cause");
            return ended.Count > 0 && rng.Chance(0.5) ? rng.Pick(ended) : "";
        }
        if (!written.Present) return null;
        if (ended.Contains(written.SessionId)) return written.SessionId;
        return written.ExpiresAtMs > 0 && SimulatedWorld.EpochMs + world.Scheduler.Now + rng.Between(-world.Faults.SkewMs, world.Faults.SkewMs) >= written.ExpiresAtMs ? "" : null;
    }

    private void Tell(string name, string session)
    {
        var key = EntityId.Key(name);
        world.Network.Tell(key, new Command { Entity = key.ToString(), ExpireKey = new ExpireKey { SessionId = session } });
    }
}
