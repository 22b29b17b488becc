using AkkaHa.Core.Entities;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;
using CsCheck;
using Xunit;

namespace AkkaHa.Core.Tests.Locks.Deadlocks;

/// <summary>
/// Flows take locks in all modes, upgrade, let go, and give up, while messages of searches are under way and overtake each other, so that circles come and go between the passes. Whoever is refused was in a circle
/// that was there, all of it at one moment; and no circle stays.
/// </summary>
public sealed class DeadlockPropertyTests
{
    private const int Flows = 4;
    private const string Semaphore = "s";
    private const int Permits = 3;
    private static readonly string[] Locks = ["a", "b", "c", Semaphore];
    private static readonly Gen<int[]> Steps = Gen.Int[0, 99_999].Array[40, 250];

    [Fact]
    public void Nobody_is_refused_for_a_circle_that_never_was_and_no_circle_stays() => Steps.Sample(steps =>
    {
        var net = Run(steps, RuleSwitches.AllOn);
        Assert.Empty(Imagined(net));
        net.Quiet(8000);
        Assert.Empty(Imagined(net));
        Assert.True(net.InCircles().Count == 0, net.ToString());
    }, iter: 400, threads: 2);

    [Fact]
    public void Circles_are_met_through_upgrades_and_semaphores_too()
    {
        var circles = Enumerable.Range(0, 400).SelectMany(seed => Run(Drawn(seed), RuleSwitches.AllOn).Flows).ToArray();
        Assert.Contains(circles, f => f.Deadlocks.Exists(d => FlowNet.CircleOf(d).Any(e => e.Lock == Semaphore)));
        Assert.Contains(circles, f => f.RefusedUpgrades > 0);
    }

    [Fact]
    public void Without_a_second_pass_somebody_is_refused_for_nothing() =>
        Assert.Contains(Enumerable.Range(0, 3000), seed => Imagined(Run(Drawn(seed), RuleSwitches.AllOn with { DeadlockSecondPass = false })).Count > 0);

    private static int[] Drawn(int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, 250).Select(_ => random.Next(100_000))];
    }

    private static List<Failure> Imagined(FlowNet net) => [.. net.Flows.SelectMany(f => f.Deadlocks).Where(d => !net.WereAtOnce(FlowNet.CircleOf(d)))];

    private static FlowNet Run(int[] steps, RuleSwitches rules)
    {
        var net = new FlowNet(Flows, rules);
        foreach (var step in steps)
        {
            var (what, flow, which) = (step % 10, step / 10 % Flows, step / 10 / Flows);
            var me = net.Flows[flow];
            switch (what)
            {
                case 0 or 1 when me.Waits is null:
                    var name = Locks[which % Locks.Length];
                    var how = which / Locks.Length;
                    if (me.Held.ContainsKey(name)) break;
                    if (name == Semaphore) net.Acquire(flow, name, LockMode.Semaphore, permits: 1 + (how % Permits), limit: Permits);
                    else net.Acquire(flow, name, (how % 8) switch { 0 => LockMode.Shared, 1 or 2 => LockMode.Upgradeable, _ => LockMode.Exclusive });
                    break;
                case 2 when me.Waits is null && me.Held.Count > 0:
                    net.Release(flow, me.Held.Keys.ElementAt(which % me.Held.Count));
                    break;
                case 3 when which % 3 == 0:
                    net.Cancel(flow);
                    break;
                case 6 when me.Waits is null && me.Upgradeable.Count > 0:
                    net.Upgrade(flow, me.Upgradeable.ElementAt(which % me.Upgradeable.Count));
                    break;
                case 4 or 5:
                    net.Advance((which % 4) switch { 0 => 10, 1 => 60, 2 => 160, _ => 320 });
                    break;
                default:
                    net.Deliver(which);
                    break;
            }
        }
        return net;
    }
}
