using AkkaHa.ClientApi;
using AkkaHa.Messages.Errors;

namespace AkkaHa.Cli.Demo;

/// <summary>What a run came to, when all workers had stopped.</summary>
sealed record DemoResult
{
    /// <summary>What had to be reached.</summary>
    public required DemoPlan Plan { get; init; }

    /// <summary>All accounts before the first transfer.</summary>
    public required AccountsTotal Opening { get; init; }

    /// <summary>All accounts after the last.</summary>
    public required AccountsTotal Closing { get; init; }

    /// <summary>The workers that move money.</summary>
    public required WorkerKind Transfers { get; init; }

    /// <summary>Transfers whose outcome was unknown, and which had happened when asked for again.</summary>
    public required int FoundCommitted { get; init; }

    /// <summary>Transfers whose outcome is unknown to the end.</summary>
    public required int StillUnknown { get; init; }

    /// <summary>The workers that count.</summary>
    public required WorkerKind Increments { get; init; }

    /// <summary>What they learnt.</summary>
    public required CounterHistory History { get; init; }

    /// <summary>The counter.</summary>
    public required long Counter { get; init; }

    /// <summary>What became of the paused worker's write.</summary>
    public required LateWrite Late { get; init; }

    /// <summary>How many transfers the accounts themselves show.</summary>
    public long TransfersFound => (Closing.Revisions - Opening.Revisions) / 2;

    /// <summary>Every promise.</summary>
    public IReadOnlyList<Check> Checks() =>
    [
        new(Closing.Money == Opening.Money && Closing.Lowest >= 0, $"money conserved: {Opening.Money:N0} before, {Closing.Money:N0} after; the poorest account has {Closing.Lowest:N0}"),
        // Every transfer makes one revision of each of its two accounts, and nothing else does.
        NothingLost("transfer", "in the accounts", Transfers.Total + FoundCommitted, TransfersFound, StillUnknown),
        NothingLost("increment", "in the counter", History.Acknowledged, Counter, History.Unknown),
        Without($"fences strictly growing, over {History.Grants:N0} grants", History.FencesNotGrowing()),
        Without($"no guarded write with an older fence after a newer one, in {History.Versions:N0} versions", History.OlderAfterNewer()),
        new(Late.Refusal is FenceStaleException, $"the paused worker's write with fence {Late.OldFence}, after {Late.NewerWrites:N0} with newer ones: {Became(Late)}"),
        Enough(Transfers, Plan.Transfers),
        Enough(Increments, Plan.Increments),
    ];

    static Check NothingLost(string what, string where, long acknowledged, long found, long unknown) => new(
        acknowledged <= found && found <= acknowledged + unknown,
        $"no {what} lost or made twice: {acknowledged:N0} acknowledged ≤ {found:N0} {where} ≤ {acknowledged:N0} + {unknown:N0} of unknown outcome");

    static Check Without(string promise, IReadOnlyList<string> violations) =>
        new(violations.Count == 0, violations.Count == 0 ? promise : $"{promise}: {violations.Count:N0} times not; first: {violations[0]}");

    static Check Enough(WorkerKind kind, int floor) => new(
        kind.Total >= floor && kind.After >= floor / 2 && kind.After >= kind.Before,
        $"enough {kind.Name}: {kind.Total:N0}, {kind.After:N0} of them after the kill (at least {floor:N0}, half of them after)");

    static string Became(LateWrite late) => late.Refusal is { } refusal ? $"refused ({ErrorTable.Of(refusal.Code).Name})" : "it LANDED";
}
