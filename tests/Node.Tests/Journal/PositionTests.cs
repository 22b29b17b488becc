using AkkaHa.Node.Journal;
using Xunit;

namespace AkkaHa.Node.Tests.Journal;

public sealed class PositionTests
{
    [Theory]
    [InlineData("0", false)]
    [InlineData("88", false)]
    [InlineData("88.1", false)]
    [InlineData("743-88", true)]
    [InlineData("743-88.12", true)]
    [InlineData("0-0", true)]
    public void A_position_reads_as_it_was_written(string text, bool postgres)
    {
        Assert.True(WatchPosition.TryParse(text, postgres, out var position));
        Assert.Equal(text, position.Value.Text(postgres));
    }

    [Fact]
    public void The_beginning_is_written_as_nought_on_both_databases()
    {
        Assert.True(WatchPosition.TryParse("0", postgres: true, out var position));
        Assert.Equal("0-0", position.Value.Text(postgres: true));
    }

    [Theory]
    [InlineData("", false)]
    [InlineData(" 1", false)]
    [InlineData("+1", false)]
    [InlineData("-1", false)]
    [InlineData("01", false)]
    [InlineData("1.0", false)]
    [InlineData("1.", false)]
    [InlineData("0.1", false)]
    [InlineData("1.9999999999", false)]
    [InlineData("7-88", false)]
    [InlineData("99999999999999999999", false)]
    [InlineData("88", true)]
    [InlineData("7-", true)]
    [InlineData("-7", true)]
    [InlineData("7-8-9", true)]
    public void Nothing_else_is_a_position(string text, bool postgres) => Assert.False(WatchPosition.TryParse(text, postgres, out _));

    [Fact]
    public void Positions_are_ordered_by_transaction_then_row_then_part_and_all_of_a_row_comes_last()
    {
        string[] ordered = ["0-0", "1-9.1", "1-9.2", "1-9", "2-3", "2-4.1"];
        var positions = ordered.Select(t => WatchPosition.TryParse(t, true, out var p) ? p.Value : default).ToArray();
        Assert.Equal(positions, positions.Reverse().Order());
    }

    [Theory]
    [InlineData("a", "b")]
    [InlineData("a/", "a0")]
    [InlineData("a%_", "a%`")]
    [InlineData("\uD7FF", "\uE000")]
    [InlineData("\uFFFF", "\U00010000")]
    [InlineData("\U0001F600", "\U0001F601")]
    [InlineData("a\U0010FFFF", "b")]
    [InlineData("", null)]
    [InlineData("\U0010FFFF", null)]
    public void What_begins_with_a_prefix_ends_before_its_successor(string prefix, string? successor) => Assert.Equal(successor, KeyRange.Successor(prefix));
}
