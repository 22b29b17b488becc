using System.Data.Common;
using AkkaHa.Messages;
using AkkaHa.Node.Journal;

namespace AkkaHa.Node.Lists;

/// <summary>
/// Which sessions live, for a rebuild. To call one ended ends the keys that are bound to it, so that is said only of a slot that was read after the key: a session may have been created, and the key
/// bound to it, since the slot was read before. One that was seen alive may be dead by now; its end is in the journal then, behind the position from which the index reads on.
/// </summary>
internal sealed class LivingSessions(DbConnection connection)
{
    private readonly HashSet<string> alive = new(StringComparer.Ordinal);
    private readonly HashSet<string> ended = new(StringComparer.Ordinal);

    /// <summary>To be asked after the key that names it was read.</summary>
    public async Task<bool> HasEndedAsync(string sessionId, CancellationToken ct)
    {
        if (alive.Contains(sessionId)) return false;
        if (ended.Contains(sessionId)) return true;
        if (SessionId.TryParse(sessionId, out var id))
            alive.UnionWith((await StoredEntities.RecoverAsync(connection, id.Entity.ToString(), ct)).Sessions.Sessions.Select(s => s.SessionId));
        // It never lives again: ids are given out once.
        return !alive.Contains(sessionId) && ended.Add(sessionId);
    }
}
