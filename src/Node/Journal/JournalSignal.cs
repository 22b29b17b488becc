namespace AkkaHa.Node.Journal;

/// <summary>Tells the reader of the journal in this process that something was just written here, so that it need not wait for its next look.</summary>
internal sealed class JournalSignal
{
    private volatile TaskCompletionSource next = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Done at the next write.</summary>
    public Task Next => next.Task;

    /// <summary>Rows of keys were written. Cheap when nobody waits.</summary>
    public void Written()
    {
        var waiting = next;
        if (waiting.Task.IsCompleted) return;
        waiting.TrySetResult();
    }

    /// <summary>From here on, only later writes count.</summary>
    public void Reset()
    {
        if (next.Task.IsCompleted) next = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
