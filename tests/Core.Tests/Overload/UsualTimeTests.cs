using AkkaHa.Core.Overload;
using Xunit;

namespace AkkaHa.Core.Tests.Overload;

public sealed class UsualTimeTests
{
    [Fact]
    public void A_slow_database_is_not_one_that_is_asked_too_much_and_what_it_takes_longer_is()
    {
        var usual = new UsualTime();
        Assert.Equal(0, usual.Beyond(150));
        Assert.Equal(0, usual.Beyond(140));
        Assert.Equal(260, usual.Beyond(400));
    }

    [Fact]
    public void What_has_become_slower_for_good_is_usual_after_ten_minutes_and_not_before_five()
    {
        var usual = new UsualTime();
        usual.Beyond(5);
        for (var i = 0; i < UsualTime.Windows; i++) usual.EndWindow();
        for (var i = 0; i < UsualTime.Windows; i++)
        {
            Assert.Equal(195, usual.Beyond(200));
            usual.EndWindow();
        }
        Assert.Equal(0, usual.Beyond(200));
    }

    [Fact]
    public void A_night_without_work_is_not_forgotten_time()
    {
        var usual = new UsualTime();
        usual.Beyond(5);
        for (var i = 0; i < 10 * UsualTime.Windows; i++) usual.EndWindow();

        Assert.Equal(95, usual.Beyond(100));
    }
}
