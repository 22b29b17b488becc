using System.Globalization;
using AkkaHa.Simulation.Tests.World;

namespace AkkaHa.Simulation.Tests.Runs;

/// <summary>What kind of world: most have a storm of everything, some have little, so that more can be promised of them.</summary>
enum Kind
{
    /// <summary>Any mix of faults.</summary>
    Storm,

    /// <summary>Shards are handed over, and nothing goes wrong: every call that was taken in is answered, and none with "unknown".</summary>
    HandOvers,

    /// <summary>The database is gone at times, and nothing is wrong with any node: nobody is fenced.</summary>
    Outages,

    /// <summary>A storm that lasts longer than outcomes are remembered, with calls that come later still.</summary>
    Long,
}

/// <summary>All that is drawn from a seed before it is run: how large a world, who works in it at what, and what goes wrong.</summary>
sealed record Plan
{
    public Kind Kind { get; init; }

    public int Nodes { get; init; }

    public int Shards { get; init; }

    public int Clients { get; init; }

    /// <summary>What each client does.</summary>
    public int Steps { get; init; }

    /// <summary>Keys that are read and written singly; 0: nobody does.</summary>
    public int Registers { get; init; }

    public int Accounts { get; init; }

    public int Locks { get; init; }

    public int Lists { get; init; }

    /// <summary>Locks that are taken several at a time; 0: nobody does.</summary>
    public int MultiLocks { get; init; }

    /// <summary>Keys that end by themselves; 0: none does.</summary>
    public int Expiring { get; init; }

    /// <summary>How often keys are told to end, at least.</summary>
    public int SweepEveryMs { get; init; } = 1000;

    /// <summary>Transactions do not wait for older ones at all, so that more attempts die.</summary>
    public bool DieAtOnce { get; init; }

    /// <summary>All transactions have short deadlines.</summary>
    public bool Hurried { get; init; }

    /// <summary>How long settled transactions stay in their slots.</summary>
    public int InSlotMs { get; init; } = 600_000;

    /// <summary>Another course of things under the same plan: with a fault left out, what the others come to changes too.</summary>
    public int Luck { get; init; }

    public Faults Storm { get; init; } = Faults.None;

    public static Plan Draw(ulong seed)
    {
        var rng = new Rng(seed ^ 0xA5A5_5A5A_0F0F_F0F0UL);
        var storm = Faults.Draw(rng);
        var kind = rng.Below(100) switch { < 6 => Kind.HandOvers, < 12 => Kind.Outages, < 15 => Kind.Long, _ => Kind.Storm };
        // Small worlds for the most part: many seeds find more than large ones.
        var size = rng.Chance(0.1) ? 2 : 1;
        var plan = new Plan
        {
            Kind = kind, Nodes = (int)rng.Between(2, 2 + size), Shards = (int)rng.Between(1, 3 * size), Clients = (int)rng.Between(2, 4 * size), Steps = (int)rng.Between(4, 12 * size),
            Registers = rng.Chance(0.4) ? (int)rng.Between(1, 2 * size) : 0, Accounts = rng.Chance(0.3) ? (int)rng.Between(2, 4) : 0,
            Locks = rng.Chance(0.35) ? (int)rng.Between(1, 2) : 0, Lists = rng.Chance(0.4) ? (int)rng.Between(1, 3) : 0,
            Hurried = rng.Chance(0.1), Storm = storm, Expiring = rng.Chance(0.3) ? (int)rng.Between(1, 2) : 0, SweepEveryMs = rng.Pick([200, 1000, 5000, 20_000]), InSlotMs = rng.Pick([300, 1000, 3000, 600_000]),
            MultiLocks = rng.Chance(0.15) ? (int)rng.Between(2, 4) : 0, DieAtOnce = rng.Chance(0.4),
        };
        if (plan.Registers + plan.Accounts + plan.Locks + plan.Lists + plan.Expiring + plan.MultiLocks == 0) plan = plan with { Lists = 2 };
        return plan.Of(kind);
    }

    /// <summary>The same as a world of that kind.</summary>
    public Plan Of(Kind kind) => kind switch
    {
        Kind.HandOvers => this with
        {
            Kind = kind, Registers = Math.Max(1, Registers), Accounts = 0, Locks = 0, Lists = 0, MultiLocks = 0,
            Storm = Faults.None with { MoveEveryMs = 200, PassivateEveryMs = Storm.PassivateEveryMs, CommitSlow = 0.3, SnapshotEvery = Storm.SnapshotEvery, DriftPpm = Storm.DriftPpm },
        },
        Kind.Outages => this with
        {
            Kind = kind,
            Storm = Faults.None with
            {
                OutageEveryMs = 2500, DownMs = Storm.DownMs, MoveEveryMs = Storm.MoveEveryMs, SuspectEveryMs = Storm.SuspectEveryMs, MessageLost = Storm.MessageLost,
                CommitUnknown = Storm.CommitUnknown, CommitLate = Storm.CommitLate, CommitLateMs = Storm.CommitLateMs, SnapshotEvery = Storm.SnapshotEvery, DriftPpm = Storm.DriftPpm,
            },
        },
        Kind.Long => this with { Kind = kind, Registers = Math.Max(1, Registers), Storm = Storm with { MessageVeryLate = 0.05 } },
        _ => this with { Kind = kind },
    };

    /// <summary>The same with some of it set otherwise: <c>Clients=2,CrashEveryMs=0</c>.</summary>
    /// <exception cref="ArgumentException">There is no such setting.</exception>
    public Plan With(string settings)
    {
        var all = settings.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Select(s => s.Split('=') is [var name, var value] ? (name, value) : throw new ArgumentException($"'{s}' is not name=value", nameof(settings))).ToArray();
        var kind = Array.FindLast(all, s => s.name == nameof(Kind)) is (_, { } named) ? Enum.Parse<Kind>(named) : Kind;
        var plan = kind == Kind ? this with { } : Of(kind);
        var storm = plan.Storm with { };
        foreach (var (name, value) in all)
        {
            if (name == nameof(Kind)) continue;
            object target = typeof(Plan).GetProperty(name) is null ? storm : plan;
            var property = target.GetType().GetProperty(name) ?? throw new ArgumentException($"there is no '{name}'", nameof(settings));
            property.SetValue(target, Convert.ChangeType(value, property.PropertyType, CultureInfo.InvariantCulture));
        }
        return plan with { Storm = storm };
    }
}
