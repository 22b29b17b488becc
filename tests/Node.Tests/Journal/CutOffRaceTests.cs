using AkkaHa.Messages;
using AkkaHa.Messages.Storage;
using AkkaHa.Messages.V1;
using AkkaHa.Node.Api.Errors;
using AkkaHa.Node.Journal;
using AkkaHa.Node.Watches;
using Xunit;

namespace AkkaHa.Node.Tests.Journal;

/// <summary>A watch is ended while its client takes: what was taken is a beginning of what was to be taken, so that going on after the last of it leaves nothing out.</summary>
public sealed class CutOffRaceTests
{
    private const int Rounds = 15_000;
    private const int Changes = 300;

    [Fact]
    public async Task What_was_taken_of_a_watch_of_keys_that_is_ended_meanwhile_has_no_gap()
    {
        var items = Enumerable.Range(1, Changes).Select(i => WatchItem.Of(new WatchPosition(new JournalPosition(0, i)), $"{i}", new KeyWritten { Present = true, Revision = 1 }, postgres: false)).ToArray();
        for (var round = 0; round < Rounds; round++)
        {
            var watcher = new Watcher(new WatchedKeys("", Exact: false));
            foreach (var item in items) Assert.True(watcher.TryAdd(item));
            using var begin = new Barrier(2);
            var end = Task.Run(() =>
            {
                begin.SignalAndWait();
                // Somewhere in the middle of the taking.
                Thread.SpinWait(Random.Shared.Next(2000));
                watcher.End(Refusals.Of(ErrorCode.Unavailable, "too slow"));
            });
            begin.SignalAndWait();
            for (var taken = 1; watcher.TryTake(out var item); taken++) Assert.Equal($"{taken}", item!.Key);
            await end;
        }
    }

    [Fact]
    public async Task What_was_taken_of_a_watch_of_locks_that_is_cut_off_meanwhile_has_no_gap()
    {
        for (var round = 0; round < Rounds / 15; round++)
        {
            var waiting = new WaitingLockEvents(new TaskCompletionSource());
            for (var i = 1; i <= Limits.WatchBufferEvents; i++) Assert.True(waiting.TryAdd(Event(i)));
            using var begin = new Barrier(2);
            var end = Task.Run(() =>
            {
                begin.SignalAndWait();
                // Until there is no room, which cuts it off.
                for (var i = Limits.WatchBufferEvents + 1; waiting.TryAdd(Event(i)); i++)
                {
                }
            });
            begin.SignalAndWait();
            var last = 0L;
            try
            {
                while (true)
                {
                    foreach (var (position, _) in await waiting.TakeAsync(e => e, default)) Assert.Equal(++last, position.Row.Ordering);
                }
            }
            catch (RefusedException)
            {
                // Cut off.
            }
            await end;
        }
    }

    private static (WatchPosition Position, LockEvent Event) Event(int number) => (new WatchPosition(new JournalPosition(0, number)), new LockEvent());
}
