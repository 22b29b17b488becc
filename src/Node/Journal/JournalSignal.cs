namespace AkkaHa.Node.Journal;

/// <summary>Tells the reader of the journal in this process that something was just written, here or at another node, so that it need not wait for its next look.</summary>
internal sealed class JournalSignal
{
    private volatile TaskCompletionSource next = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile Action? others;
    private volatile bool isWanted;
    private volatile bool isWantedElsewhere = true;

    /// <summary>Done at the next write.</summary>
    public Task Next => next.Task;

    /// <summary>Somebody here waits for changes: other nodes are to tell of theirs.</summary>
    public bool IsWanted
    {
        get => isWanted;
        set => isWanted = value;
    }

    /// <summary>Somebody at another node does, or this one has not been told for long enough that nobody does.</summary>
    public bool IsWantedElsewhere
    {
        set => isWantedElsewhere = value;
    }

    /// <summary>Somebody anywhere does, as far as this node knows: of a watch at another node it hears within a second or so.</summary>
    public bool IsWatched => isWanted || isWantedElsewhere;

    /// <summary>Rows of keys were written here. Cheap when nobody waits.</summary>
    public void Written()
    {
        Heard();
        others?.Invoke();
    }

    /// <summary>Rows of keys were written somewhere.</summary>
    public void Heard()
    {
        var waiting = next;
        if (waiting.Task.IsCompleted) return;
        waiting.TrySetResult();
    }

    /// <summary>This one tells other nodes of what is written here.</summary>
    public void Tell(Action tell) => others = tell;

    /// <summary>This one does so no more. Another may have come meanwhile, and goes on.</summary>
    public void NoMore(Action tell) => Interlocked.CompareExchange(ref others, null, tell);

    /// <summary>From here on, only later writes count.</summary>
    public void Reset()
    {
        if (next.Task.IsCompleted) next = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
