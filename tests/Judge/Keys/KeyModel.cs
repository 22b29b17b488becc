namespace AkkaHa.Judge.Keys;

/// <summary>The state of one key as its promise defines it: a revision that grows with each change, for ever.</summary>
public readonly record struct KeyState(string? Value, long Revision)
{
    /// <summary>The revision that conditions and reads see.</summary>
    public long Shown => Value is null ? 0 : Revision;
}

/// <summary>What a call does to a key.</summary>
static class KeyModel
{
    /// <summary>The state after the call; null when its answer is not possible here. Of an unknown call: as if it is done; that it never is, is for the search to try.</summary>
    public static KeyState? Step(KeyState state, KeyCall call)
    {
        if (call.End == KeyEnd.Refused)
            return call.IfRevision is { } wanted && wanted != state.Shown && (call.Revision ?? state.Shown) == state.Shown ? state : null;
        if (Do(state, call) is not { } done) return null;
        if (call.End == KeyEnd.Unknown) return done == state ? null : done;
        return Allows(state, done, call) ? done : null;
    }

    /// <summary>The highest revision that the key can have before this call, by its answer.</summary>
    public static long HighestBefore(KeyCall call) => call switch
    {
        { End: KeyEnd.Done, Action: KeyAction.Get, Seen: not null, Revision: { } seen } => seen,
        { End: KeyEnd.Refused, Revision: { } there and > 0 } => there,
        { End: KeyEnd.Done, Action: KeyAction.Put, Revision: { } made } => made - 1,
        { End: KeyEnd.Done, Action: KeyAction.Delete, Revision: { } left } => call.Deleted ? left - 1 : left,
        _ => long.MaxValue,
    };

    private static KeyState? Do(KeyState state, KeyCall call)
    {
        if (call.IfRevision is { } wanted && wanted != state.Shown) return null;
        return call.Action switch
        {
            KeyAction.Put => new KeyState(call.Value, state.Revision + 1),
            KeyAction.Delete when state.Value is not null => new KeyState(null, state.Revision + 1),
            KeyAction.Expire => state.Value is not null && state.Value == call.Value ? new KeyState(null, state.Revision + 1) : null,
            _ => state,
        };
    }

    private static bool Allows(KeyState before, KeyState after, KeyCall call) => call.Action switch
    {
        KeyAction.Get => call.Seen == before.Value && (call.Revision ?? before.Shown) == before.Shown,
        KeyAction.Delete => call.Deleted == (before.Value is not null) && (call.Revision ?? after.Revision) == after.Revision,
        _ => (call.Revision ?? after.Revision) == after.Revision,
    };
}
