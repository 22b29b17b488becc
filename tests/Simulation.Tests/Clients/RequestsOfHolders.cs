using AkkaHa.Judge;
using AkkaHa.Judge.Locks;
using AkkaHa.Messages.Storage;

namespace AkkaHa.Simulation.Tests.Clients;

/// <summary>Which requests were told that their holder has a lock, and which were cancelled since: it is the holder's as long as one of them was told of it and is not cancelled.</summary>
sealed class RequestsOfHolders
{
    private readonly List<GrantTold> told = [];

    /// <summary>Requests that somebody began to cancel, and those of which a lock has said that they are.</summary>
    private readonly HashSet<string> cancels = new(StringComparer.Ordinal);
    private readonly HashSet<string> cancelled = new(StringComparer.Ordinal);

    /// <summary>By holder: the other request that was told of its grant.</summary>
    private readonly Dictionary<string, string> again = new(StringComparer.Ordinal);

    /// <summary>Holders that have come again by a request of which nobody has heard: it may yet give them the lock.</summary>
    private readonly HashSet<string> unheard = new(StringComparer.Ordinal);

    public void Told(string name, long fence, string requestId) => told.Add(new GrantTold(name, fence, requestId));

    public void CameAgain(LockGrantSeen had, string requestId, Answer answer)
    {
        var holderId = had.Holder.Split('/')[1];
        if (answer.Reply is null) unheard.Add(holderId);
        if (answer.Reply?.LockGrant is not { } grant) return;
        Told(had.Lock, grant.Fence, requestId);
        if (grant.Fence == had.Fence) again[holderId] = requestId;
    }

    /// <summary>By which the holder has come again; null: it has not.</summary>
    public string? Other(string holderId) => again.GetValueOrDefault(holderId);

    public void Cancels(string requestId) => cancels.Add(requestId);

    public void Cancelled(string requestId) => cancelled.Add(requestId);

    /// <summary>Nothing is left by which the holder could have it.</summary>
    public bool AllCancelled(string holderId) => !unheard.Contains(holderId) && cancelled.Contains(holderId) && (Other(holderId) is not { } other || cancelled.Contains(other));

    public IEnumerable<Violation> Judge(IEnumerable<(string Lock, Event Event)> stored) =>
        CancelJudge.Judge(told, cancels, stored.Where(s => s.Event.LockReleased?.Reason == "cancelled").Select(s => (s.Lock, s.Event.LockReleased.Fence)).ToHashSet());
}
