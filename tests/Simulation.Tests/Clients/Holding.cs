using AkkaHa.Judge;
using AkkaHa.Judge.Locks;

namespace AkkaHa.Simulation.Tests.Clients;

/// <summary>A grant, as its client believes in it.</summary>
sealed class Holding
{
    public required SessionOfClient Session { get; init; }

    public required LockGrantSeen Grant { get; init; }

    /// <summary>Since when it may have been given back, or taken away.</summary>
    public long GivenBackAt { get; set; } = Time.Never;

    /// <summary>It was acknowledged that it was given back.</summary>
    public bool IsGivenBack { get; set; }

    /// <summary>What its client may think that it has.</summary>
    public LockGrantSeen Believed => Grant with { BelievedUntil = Math.Min(Math.Min(GivenBackAt, Session.ClosedAt), Session.SafeUntil) };
}
