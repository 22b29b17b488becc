using AkkaHa.Core.Eventual;

namespace AkkaHa.Simulation.Tests.Eventual;

/// <summary>One node: what it knows, what its file knows, and what it takes for the time.</summary>
internal sealed class EventualNodeModel(int index, long clockErrorMs, EventualRules rules)
{
    private ulong lives = 1;

    public int Index { get; } = index;

    public Bucket State { get; set; } = Bucket.Empty;

    /// <summary>As of the last write to it.</summary>
    public Bucket File { get; private set; } = Bucket.Empty;

    public ClusterClock Clock { get; set; } = ClusterClock.Alone;

    public ReplicaId Replica => new((ulong)((Index + 1) * 1000) + lives);

    public long OwnMs(long trueMs) => trueMs + clockErrorMs;

    public long NowMs(long trueMs) => rules.CorrectClock ? Clock.Now(OwnMs(trueMs), 1000) : OwnMs(trueMs);

    public void Write() => File = State;

    /// <summary>kill -9: what is younger than the file is forgotten.</summary>
    public void Crash()
    {
        State = File;
        if (rules.FreshReplicaAfterCrash) lives++;
    }

    public Updated Do(EventualUpdate update, long trueMs)
    {
        var updated = Updating.Apply(State, update, Replica, NowMs(trueMs), rules);
        State = updated.State;
        return updated;
    }

    public void Sweep(long trueMs)
    {
        if (CounterFold.Sweep(State, Replica, NowMs(trueMs), 60_000, rules) is { } change) State = change.State;
    }
}
