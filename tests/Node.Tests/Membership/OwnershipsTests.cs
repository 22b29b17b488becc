using AkkaHa.Node.Membership;
using AkkaHa.Node.Ownership;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace AkkaHa.Node.Tests.Membership;

/// <summary>Who looks at the owners is answered within a second or so, whatever the database does.</summary>
public sealed class OwnershipsTests
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(60);
    private static readonly IReadOnlyList<ShardRow> Rows = [new ShardRow(0, 1, "a one")];

    private readonly FakeTimeProvider time = new();
    private Func<CancellationToken, Task<IReadOnlyList<ShardRow>>> database = _ => Task.FromResult(Rows);
    private int reads;

    private Ownerships Make() => new(
        ct =>
        {
            Interlocked.Increment(ref reads);
            return database(ct);
        }, time);

    [Fact]
    public async Task A_database_that_hangs_keeps_nobody_waiting_and_who_can_do_with_the_last_rows_gets_them()
    {
        var ownerships = Make();
        Assert.Same(Rows, await ownerships.ReadAsync(default));
        database = async ct =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, time, ct);
            return [];
        };
        time.Advance(TimeSpan.FromSeconds(1));
        var first = ownerships.ReadAsync(default);
        var other = ownerships.ReadOrLastAsync(default);
        time.Advance(Ownerships.Patience);
        await Assert.ThrowsAsync<OwnersUnreadException>(() => first.WaitAsync(Long));
        Assert.Same(Rows, await other.WaitAsync(Long));
        // The next are told at once, without another look.
        await Assert.ThrowsAsync<OwnersUnreadException>(() => ownerships.ReadAsync(default).WaitAsync(Long));
        Assert.Same(Rows, await ownerships.ReadOrLastAsync(default).WaitAsync(Long));
        Assert.InRange(reads, 1, 2);
    }

    [Fact]
    public async Task A_database_that_refuses_is_not_asked_by_each_who_asks()
    {
        var ownerships = Make();
        database = _ => throw new TimeoutException("no");
        for (var i = 0; i < 5; i++) await Assert.ThrowsAsync<OwnersUnreadException>(() => ownerships.ReadAsync(default).WaitAsync(Long));
        Assert.Equal(1, reads);
        database = _ => Task.FromResult(Rows);
        time.Advance(Ownerships.FailureStays);
        Assert.Same(Rows, await ownerships.ReadAsync(default).WaitAsync(Long));
    }

    [Fact]
    public async Task An_answer_that_comes_late_is_there_for_the_next()
    {
        var ownerships = Make();
        var answer = new TaskCompletionSource<IReadOnlyList<ShardRow>>();
        database = _ => answer.Task;
        var late = ownerships.ReadOrLastAsync(default);
        time.Advance(Ownerships.Patience);
        Assert.Empty(await late.WaitAsync(Long));
        answer.SetResult(Rows);
        for (var until = DateTime.UtcNow + Long; await ownerships.ReadOrLastAsync(default).WaitAsync(Long) != Rows; await Task.Delay(10)) Assert.True(DateTime.UtcNow < until);
    }

    [Fact]
    public async Task Who_gives_up_gives_up_alone()
    {
        var ownerships = Make();
        var answer = new TaskCompletionSource<IReadOnlyList<ShardRow>>();
        database = _ => answer.Task;
        using var gone = new CancellationTokenSource();
        var leaves = ownerships.ReadAsync(gone.Token);
        var stays = ownerships.ReadAsync(default);
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leaves.WaitAsync(Long));
        answer.SetResult(Rows);
        Assert.Same(Rows, await stays.WaitAsync(Long));
    }
}
