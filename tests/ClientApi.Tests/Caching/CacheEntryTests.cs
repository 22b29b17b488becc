using AkkaHa.ClientApi.Caching;
using Xunit;

namespace AkkaHa.ClientApi.Tests.Caching;

public sealed class CacheEntryTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch.AddYears(56);

    [Theory]
    [InlineData(0, false)]
    [InlineData(-30, true)]
    [InlineData(30, true)]
    public void An_entry_is_renewed_when_its_last_use_is_a_while_ago_or_in_the_future(int renewedSecondsFromNow, bool renewed) =>
        Assert.Equal(renewed, new CacheEntry(TimeSpan.FromMinutes(1), null, Now.AddSeconds(renewedSecondsFromNow), default).IsWorthRenewing(Now));
}
