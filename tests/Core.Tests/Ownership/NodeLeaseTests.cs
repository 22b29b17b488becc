using AkkaHa.Core.Ownership;
using Xunit;

namespace AkkaHa.Core.Tests.Ownership;

public sealed class NodeLeaseTests
{
    private readonly NodeLease lease = new(new LeaseTimings(LeaseMs: 1500));

    [Fact]
    public void Before_its_first_renewal_it_is_closed()
    {
        Assert.False(lease.IsOpen(0));
        Assert.False(lease.IsOpen(long.MaxValue));
    }

    [Fact]
    public void It_is_counted_from_when_the_renewal_was_sent_and_ends_at_the_very_millisecond()
    {
        lease.Renewed(sentMs: 1000, answeredMs: 1200);
        Assert.True(lease.IsOpen(2499));
        Assert.False(lease.IsOpen(2500));
        Assert.Equal(2500, lease.ValidUntilMs);
    }

    [Fact]
    public void Silence_closes_it_and_the_next_success_opens_it_again()
    {
        lease.Renewed(1000, 1000);
        Assert.False(lease.IsOpen(9000));
        lease.Renewed(9000, 9000);
        Assert.True(lease.IsOpen(9001));
    }

    [Fact]
    public void An_answer_that_overtakes_another_does_not_shorten_it()
    {
        lease.Renewed(2000, 2000);
        lease.Renewed(1000, 1000);
        Assert.Equal(3500, lease.ValidUntilMs);
    }

    [Fact]
    public void Being_fenced_closes_it_at_once_and_for_good()
    {
        lease.Renewed(1000, 1000);
        lease.Fenced();
        Assert.True(lease.IsFenced);
        Assert.False(lease.IsOpen(1001));
        lease.Renewed(1100, 1100);
        Assert.False(lease.IsOpen(1101));
    }
}
