namespace AkkaHa.Node.Api;

/// <summary>Whether this node can be used.</summary>
public interface IReadiness
{
    /// <summary>The process does its work; false asks whoever supervises it to restart it.</summary>
    bool Alive { get; }

    /// <summary>Whether locks, keys, sessions and transactions can be used through this node now.</summary>
    ReadinessReport StrongReady();

    /// <summary>Whether eventual data can be used through this node now.</summary>
    ReadinessReport EventualReady();
}

/// <summary>Ready or not, and why not.</summary>
/// <param name="Ready">Whether it is.</param>
/// <param name="Reasons">What is missing, in words for an operator; empty when ready.</param>
public sealed record ReadinessReport(bool Ready, IReadOnlyList<string> Reasons)
{
    /// <summary>Nothing is missing.</summary>
    public static ReadinessReport Yes { get; } = new(true, []);

    /// <summary>Not ready, for these reasons.</summary>
    public static ReadinessReport No(params string[] reasons) => new(false, reasons);
}
