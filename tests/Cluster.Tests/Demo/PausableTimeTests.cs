using AkkaHa.Cli.Demo;
using Xunit;

namespace AkkaHa.Cluster.Tests.Demo;

public sealed class PausableTimeTests
{
    [Fact]
    public async Task While_it_is_paused_no_timer_fires_and_time_passes_and_afterwards_what_was_due_does()
    {
        var time = new PausableTime();
        var before = time.GetTimestamp();
        time.Pause();
        var delay = Task.Delay(TimeSpan.FromMilliseconds(50), time);

        await Task.Delay(300);
        Assert.False(delay.IsCompleted);
        Assert.True(time.GetElapsedTime(before) >= TimeSpan.FromMilliseconds(250));

        time.Resume();
        await delay.WaitAsync(TimeSpan.FromSeconds(30));
    }
}
