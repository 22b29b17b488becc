namespace AkkaHa.Judge.Keys;

/// <summary>The state of one key as its promise defines it: a revision that grows with each change, for ever.</summary>
public readonly record struct KeyState(string? Value, long Revision)
{
    /// <summary>The revision that conditions and reads see.</summary>
    public long Shown => Value is null ? 0 : Revision;
}

/// <summary>What a call may do to a key: every state that its recorded answer allows.</summary>
static class KeyModel
{
    public static List<KeyState> Step(KeyState state, KeyCall call)
    {
        var next = new List<KeyState>(2);
        switch (call.End)
        {
            case KeyEnd.Refused:
                if (call.IfRevision is { } wanted && wanted != state.Shown && (call.Revision ?? state.Shown) == state.Shown) next.Add(state);
                break;
            case KeyEnd.Done:
                if (Do(state, call) is { } done && Allows(state, done, call)) next.Add(done);
                break;
            default:
                if (call.Action != KeyAction.Get && Do(state, call) is { } perhaps && perhaps != state) next.Add(perhaps);
                next.Add(state);
                break;
        }
        return next;
    }

    private static KeyState? Do(KeyState state, KeyCall call)
    {
        if (call.IfRevision is { } wanted && wanted != state.Shown) return null;
        return call.Action switch
        {
            KeyAction.Put => new KeyState(call.Value, state.Revision + 1),
            KeyAction.Delete when state.Value is not null => new KeyState(null, state.Revision + 1),
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
