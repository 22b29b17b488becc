using System.Collections.Concurrent;
using AkkaHa.Node.Storage;
using Npgsql;
using Xunit;

namespace AkkaHa.Node.Tests.Journal;

/// <summary>Questions that become one.</summary>
public sealed class GroupReadsTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly ConcurrentQueue<int[]> asked = new();
    private readonly SemaphoreSlim go = new(0);

    [Fact]
    public async Task What_is_asked_while_others_are_read_is_one_question_and_each_gets_its_own_answer()
    {
        var reads = new GroupReads<int, int>(3, ReadAsync);
        var first = await AskOneByOneAsync(reads, 1, 2);
        var rest = Enumerable.Range(3, 5).Select(reads.AskAsync).ToArray();
        Assert.Equal(2, asked.Count);
        await LetOneLaneGoOnAsync(3);
        await LetOneLaneGoOnAsync(4);
        go.Release(10);
        var answers = await Task.WhenAll(first.Concat(rest)).WaitAsync(Patience);
        Assert.Equal([10, 20, 30, 40, 50, 60, 70], answers);
        Assert.Equal([[1], [2], [3, 4, 5], [6, 7]], asked);
        reads.Stop();
    }

    [Fact]
    public async Task Only_those_asked_together_hear_that_it_failed()
    {
        var reads = new GroupReads<int, int>(10, ReadAsync);
        var first = await AskOneByOneAsync(reads, 1, 2);
        var (bad, withIt) = (reads.AskAsync(-1), reads.AskAsync(3));
        await LetOneLaneGoOnAsync(3);
        go.Release(10);
        var answers = await Task.WhenAll(first).WaitAsync(Patience);
        Assert.Equal([10, 20], answers);
        await Assert.ThrowsAsync<FormatException>(() => bad.WaitAsync(Patience));
        await Assert.ThrowsAsync<FormatException>(() => withIt.WaitAsync(Patience));
        Assert.Equal(40, await reads.AskAsync(4).WaitAsync(Patience));
        reads.Stop();
    }

    [Fact]
    public async Task A_connection_that_has_ended_costs_a_second_try_and_no_answer()
    {
        var tries = 0;
        var reads = new GroupReads<int, int>(10, asks => Interlocked.Increment(ref tries) == 1
            ? throw new NpgsqlException("the connection has ended")
            : Task.FromResult<IReadOnlyList<int>>([.. asks.Select(a => a * 10)]));
        Assert.Equal(40, await reads.AskAsync(4).WaitAsync(Patience));
        Assert.Equal(2, tries);
        reads.Stop();
    }

    [Fact]
    public async Task One_that_the_server_can_not_read_fails_alone()
    {
        var reads = new GroupReads<int, int>(10, async asks =>
        {
            asked.Enqueue([.. asks]);
            await go.WaitAsync(Patience);
            return asks.Contains(-1) ? throw new PostgresException("missing chunk number 0", "ERROR", "ERROR", "XX001") : [.. asks.Select(a => a * 10)];
        });
        var busy = await AskOneByOneAsync(reads, 0, 0);
        var (good, bad, other) = (reads.AskAsync(1), reads.AskAsync(-1), reads.AskAsync(2));
        await LetOneLaneGoOnAsync(3);
        Assert.Equal([1, -1, 2], asked.Last());
        go.Release(10);
        await Assert.ThrowsAsync<PostgresException>(() => bad.WaitAsync(Patience));
        Assert.Equal((10, 20), (await good.WaitAsync(Patience), await other.WaitAsync(Patience)));
        await Task.WhenAll(busy).WaitAsync(Patience);
        reads.Stop();
    }

    [Fact]
    public async Task Stopped_it_answers_what_was_asked_and_takes_no_more()
    {
        var reads = new GroupReads<int, int>(10, ReadAsync);
        var first = await AskOneByOneAsync(reads, 1, 2);
        var waiting = reads.AskAsync(3);
        reads.Stop();
        await Assert.ThrowsAsync<InvalidOperationException>(() => reads.AskAsync(4));
        go.Release(10);
        var answers = await Task.WhenAll(first.Append(waiting)).WaitAsync(Patience);
        Assert.Equal([10, 20, 30], answers);
    }

    /// <summary>Each is under way before the next is asked, so that no two of them go together.</summary>
    private async Task<Task<int>[]> AskOneByOneAsync(GroupReads<int, int> reads, params int[] asks)
    {
        var answers = new List<Task<int>>();
        foreach (var ask in asks)
        {
            answers.Add(reads.AskAsync(ask));
            await UntilAskedAsync(answers.Count);
        }
        return [.. answers];
    }

    /// <summary>The other lane stays busy, so that it takes none of what goes together.</summary>
    private async Task LetOneLaneGoOnAsync(int questions)
    {
        go.Release();
        await UntilAskedAsync(questions);
    }

    private async Task UntilAskedAsync(int questions)
    {
        for (var waited = 0; asked.Count < questions && waited < 3000; waited++) await Task.Delay(10);
        Assert.Equal(questions, asked.Count);
    }

    private async Task<IReadOnlyList<int>> ReadAsync(IReadOnlyList<int> asks)
    {
        asked.Enqueue([.. asks]);
        await go.WaitAsync(Patience);
        return asks.Any(a => a < 0) ? throw new FormatException("below zero") : [.. asks.Select(a => a * 10)];
    }
}
