namespace AkkaHa.Node.Storage;

/// <summary>
/// When the next statement of the journal is begun. A transaction writes five or six rows in three entities or more, and a commit costs the database more than a row: so where several transactions are under way, their rows
/// wait a little for others to share it (ADR 0036). Whatever else is written is not made to wait, and ends the wait of all.
/// For one caller at a time, but for <see cref="Hurry"/>.
/// </summary>
/// <param name="waitAtMost">What a row may be late by.</param>
internal sealed class JournalCompany(TimeSpan waitAtMost)
{
    /// <summary>So many writes in one statement that transactions wait for: most likely they are of more than one client (a transaction of two keys has three at a time, one of many keys more), and the next are soon there.</summary>
    public const int Several = 4;

    // Whoever hurries is the journal's actor, which has more to do.
    private volatile TaskCompletionSource hurry = NoHurry();
    private bool isWorthIt;

    /// <summary>Something came that does not wait.</summary>
    public void Hurry() => hurry.TrySetResult();

    /// <summary>Waits, where that is worth it.</summary>
    public async Task GatherAsync()
    {
        var hurried = hurry.Task;
        if (isWorthIt && !hurried.IsCompleted) await Task.WhenAny(Task.Delay(waitAtMost), hurried);
        // Before the batch is taken: what comes after it is for the next.
        if (hurried.IsCompleted) hurry = NoHurry();
    }

    /// <summary>What the statement has got.</summary>
    /// <param name="batch">The writes.</param>
    /// <param name="isFull">There may have been more than goes into one: what was left has company enough.</param>
    public void Took(IReadOnlyList<JournalWrite> batch, bool isFull = false) => isWorthIt = !isFull && batch.Count(w => w.IsAwaited) >= Several && batch.All(w => w.IsOfTransactions);

    private static TaskCompletionSource NoHurry() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
