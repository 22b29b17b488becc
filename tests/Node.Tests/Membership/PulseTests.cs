using AkkaHa.Node.Membership;
using Xunit;

namespace AkkaHa.Node.Tests.Membership;

public sealed class PulseTests
{
    [Fact]
    public async Task Who_misses_three_in_a_row_is_not_alive_and_who_answers_again_is()
    {
        var (answers, asked) = (true, 0);
        using var pulse = new Pulse(() =>
        {
            Interlocked.Increment(ref asked);
            return Task.FromResult(Volatile.Read(ref answers));
        }, TimeSpan.FromMilliseconds(20));
        Assert.True(pulse.Beats);
        await pulse.StartAsync(default);
        await InProcessCluster.EventuallyAsync(() => Volatile.Read(ref asked) >= 3);
        Assert.True(pulse.Beats);

        Volatile.Write(ref answers, false);
        await InProcessCluster.EventuallyAsync(() => !pulse.Beats);
        Volatile.Write(ref answers, true);
        await InProcessCluster.EventuallyAsync(() => pulse.Beats);
        await pulse.StopAsync(default);
    }

    [Fact]
    public async Task Two_misses_are_not_three()
    {
        var answers = new Queue<bool>([true, false, false, true]);
        var lowest = true;
        Pulse? pulse = null;
        pulse = new Pulse(() =>
        {
            lowest &= pulse!.Beats;
            return Task.FromResult(answers.Count == 0 || answers.Dequeue());
        }, TimeSpan.FromMilliseconds(5));
        await pulse.StartAsync(default);
        await InProcessCluster.EventuallyAsync(() => answers.Count == 0);
        await pulse.StopAsync(default);
        Assert.True(lowest && pulse.Beats);
        pulse.Dispose();
    }
}
