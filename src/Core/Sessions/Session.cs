using AkkaHa.Messages;
using AkkaHa.Messages.Storage;

namespace AkkaHa.Core.Sessions;

/// <summary>A session that lives. Only <see cref="Created"/> is durable: the rest begins anew with each activation.</summary>
internal sealed class Session(SessionCreated created)
{
    public SessionCreated Created { get; } = created;

    public long DeadlineMs { get; set; }

    /// <summary>The locks that have something to do with it, each with the number of its last question, and when that came.</summary>
    public Dictionary<EntityId, (ulong LastQuestion, long HeardAtMs)> Attached { get; } = [];

    /// <summary>Why it is ending, while intents hold it back.</summary>
    public string? Ending { get; set; }

    public List<Entities.Call> Closers { get; } = [];
}
