using System.Text;
using AkkaHa.Cli.CommandLine;
using Xunit;

namespace AkkaHa.Cluster.Tests.CommandLine;

/// <summary>How values and times are written.</summary>
public sealed class WritingTests
{
    [Theory]
    [InlineData("plain <b> & 'this' + ü", "\"plain <b> & 'this' + ü\"")]
    [InlineData("a\n\"b\"\\", "\"a\\n\\\"b\\\"\\\\\"")]
    [InlineData("\u001b[31m\u009b\u2028", "\"\\u001B[31m\\u009B\\u2028\"")]
    [InlineData("", "\"\"")]
    public void A_text_is_one_line_in_quotes_and_moves_no_cursor(string value, string written) => Assert.Equal(written, ValueText.Of(Encoding.UTF8.GetBytes(value)));

    [Fact]
    public void Other_bytes_are_base64_and_what_is_long_is_cut()
    {
        Assert.Equal("base64:/wA=", ValueText.Of(new byte[] { 255, 0 }));
        Assert.Equal("\"abc\" … 5 bytes", ValueText.Of("abcde"u8.ToArray(), 3));
        Assert.Equal("-", ValueText.Of(null));
    }

    [Fact]
    public void A_time_in_JSON_has_milliseconds_and_nothing_below() => Assert.Equal(
        [0, 1.5, 48.663, 600], new[] { TimeSpan.Zero, TimeSpan.FromSeconds(1.5), new TimeSpan(486_629_999), TimeSpan.FromMinutes(10) }.Select(Json.Seconds));

    [Theory]
    [InlineData("500ms", 0.5)]
    [InlineData("1.5s", 1.5)]
    [InlineData("2m", 120)]
    [InlineData("1h", 3600)]
    [InlineData("7d", 604_800)]
    public void A_time_has_a_unit(string text, double seconds)
    {
        Assert.True(DurationOption.TryParse(text, out var time));
        Assert.Equal(TimeSpan.FromSeconds(seconds), time);
    }

    [Theory]
    [InlineData("")]
    [InlineData("5")]
    [InlineData("s")]
    [InlineData("-5s")]
    [InlineData("1e9d")]
    [InlineData("5 s")]
    [InlineData("99999999999999d")]
    public void What_has_none_is_no_time(string text) => Assert.False(DurationOption.TryParse(text, out _));
}
