using System.Data.Common;
using System.Threading.Channels;

namespace AkkaHa.Node.Storage;

/// <summary>How many read at a time.</summary>
internal static class GroupReads
{
    /// <summary>With one, all would wait for a connection that hangs.</summary>
    public const int Lanes = 2;
}

/// <summary>What many ask while the questions before are under way becomes one question.</summary>
/// <typeparam name="TAsk">One's question.</typeparam>
/// <typeparam name="TAnswer">Its answer.</typeparam>
internal sealed class GroupReads<TAsk, TAnswer>
{
    private readonly Channel<Waiting> waiting = Channel.CreateUnbounded<Waiting>();
    private readonly Func<IReadOnlyList<TAsk>, Task<IReadOnlyList<TAnswer>>> read;
    private readonly int atMost;

    /// <param name="atMost">So many in one question.</param>
    /// <param name="read">Answers many, in their order.</param>
    public GroupReads(int atMost, Func<IReadOnlyList<TAsk>, Task<IReadOnlyList<TAnswer>>> read)
    {
        this.atMost = atMost;
        this.read = read;
        for (var lane = 0; lane < GroupReads.Lanes; lane++) Task.Run(RunAsync);
    }

    private sealed record Waiting(TAsk Ask)
    {
        public TaskCompletionSource<TAnswer> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    /// <exception cref="Exception">This, or another that was asked with it, could not be read.</exception>
    public Task<TAnswer> AskAsync(TAsk ask)
    {
        var mine = new Waiting(ask);
        if (!waiting.Writer.TryWrite(mine)) throw new InvalidOperationException("what is read here has been stopped");
        return mine.Done.Task;
    }

    /// <summary>What has been asked is still answered.</summary>
    public void Stop() => waiting.Writer.TryComplete();

    /// <summary>Twice, since it was perhaps just a connection that had ended, and so many would pay for it.</summary>
    private async Task<IReadOnlyList<TAnswer>> ReadAsync(IReadOnlyList<TAsk> asks)
    {
        try
        {
            return await read(asks);
        }
        catch (DbException)
        {
            return await read(asks);
        }
    }

    private async Task RunAsync()
    {
        while (await waiting.Reader.WaitToReadAsync())
        {
            var batch = new List<Waiting>();
            while (batch.Count < atMost && waiting.Reader.TryRead(out var next)) batch.Add(next);
            if (batch.Count == 0) continue;
            await AnswerAsync(batch);
        }
    }

    private async Task AnswerAsync(List<Waiting> batch)
    {
        try
        {
            var answers = await ReadAsync([.. batch.Select(w => w.Ask)]);
            for (var i = 0; i < batch.Count; i++) batch[i].Done.SetResult(answers[i]);
        }
        catch (DbException e) when (e.SqlState is not null && batch.Count > 1)
        {
            // The server itself refused: perhaps one's rows are damaged. Whose, they find out each by itself.
            foreach (var one in batch) await AnswerAsync([one]);
        }
        catch (Exception e)
        {
            foreach (var one in batch) one.Done.TrySetException(e);
        }
    }
}
