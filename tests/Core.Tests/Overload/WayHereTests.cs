using AkkaHa.Core.Overload;
using CsCheck;
using Xunit;

namespace AkkaHa.Core.Tests.Overload;

public sealed class WayHereTests
{
    [Fact]
    public void Whatever_the_clocks_show_a_message_is_late_by_what_the_quickest_was_not() =>
        Gen.Select(Gen.Long[-1_000_000_000_000, 1_000_000_000_000], Gen.Long[0, 5_000].Array[1, 50]).Sample((apart, late) =>
        {
            var way = new WayHere();
            for (var i = 0; i < late.Length; i++)
                Assert.Equal(late[i] - late.Take(i + 1).Min(), way.LongerMs((i * 1_000) + apart, (i * 1_000) + late[i]));
        });

    [Fact]
    public void What_became_longer_for_good_is_usual_after_a_minute_and_not_before_half_of_one()
    {
        var way = new WayHere();
        Assert.Equal(0, way.LongerMs(0, 10));
        for (var at = 1_000L; at < WayHere.HalfMs; at += 1_000) Assert.Equal(40, way.LongerMs(at, at + 50));
        var last = 0L;
        for (var at = WayHere.HalfMs; at < (2 * WayHere.HalfMs) + 2_000; at += 1_000) last = way.LongerMs(at, at + 50);
        Assert.Equal(0, last);
        // After a long silence nothing is known.
        Assert.Equal(0, way.LongerMs(10_000_000, 10_000_500));
    }
}
