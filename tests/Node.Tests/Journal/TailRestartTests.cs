using Xunit;
using static AkkaHa.Node.Tests.Journal.TestJournal;

namespace AkkaHa.Node.Tests.Journal;

/// <summary>The tail sleeps while nobody watches. What it has read before is read again when it wakes, and belongs to whoever goes on from before.</summary>
[Collection(nameof(JournalCollection))]
public sealed class TailRestartTests(JournalFixture fixture)
{
    public static TheoryData<string> Providers => JournalFixture.Providers;

    /// <summary>Longer than the tail goes on reading after the last watch has ended.</summary>
    private static readonly TimeSpan UntilItSleeps = TimeSpan.FromSeconds(8);

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task A_watch_that_goes_on_after_the_tail_has_slept_misses_nothing_that_was_read_before(string provider)
    {
        var journal = await fixture.NewAsync(provider);
        await using var node = new WatchNode(journal);
        string position;
        using (var watch = await node.WatchAsync("a"))
        {
            await journal.AppendAsync("kv/a", Put("1", 1));
            Assert.Equal(["put a=1@1"], await watch.ChangesAsync(1));
            position = watch.Position;
        }
        // The tail still reads, and nobody hears of it.
        await journal.AppendAsync("kv/a", Put("2", 2));
        await Task.Delay(UntilItSleeps);
        await journal.AppendAsync("kv/a", Put("3", 3));
        using var again = await node.WatchAsync("a", from: position);
        Assert.Equal(["put a=2@2", "put a=3@3"], await again.ChangesAsync(2).WaitAsync(WatchNode.Patience));
    }
}
