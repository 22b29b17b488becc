using AkkaHa.Messages.Internal;
using AkkaHa.Messages.Placement;

namespace AkkaHa.Node.Api;

/// <summary>The entities of the cluster, wherever they live.</summary>
public interface IEntities
{
    /// <summary>Where each entity belongs.</summary>
    ShardMap Shards { get; }

    /// <summary>
    /// Asks one entity. Expected failures are answers, not exceptions: UNAVAILABLE says that the command was not done by this attempt,
    /// OUTCOME_UNKNOWN that a mutation was not answered in time.
    /// </summary>
    /// <exception cref="OperationCanceledException"><paramref name="ct"/> fired; the command may be done nevertheless.</exception>
    Task<Reply> AskAsync(Command command, TimeSpan timeout, CancellationToken ct);

    /// <summary>Sends without waiting for an answer, and without knowing whether it arrives.</summary>
    void Tell(Command command);
}
