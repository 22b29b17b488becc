using AkkaHa.Core.Entities;
using CsCheck;
using Xunit;

namespace AkkaHa.Core.Tests.Entities;

public sealed class RetentionTests
{
    private const long KeepMs = 600_000;

    private readonly Retention retention = new(KeepMs);

    [Fact]
    public void Without_a_snapshot_nothing_goes() => Assert.Null(retention.DeleteUpTo(long.MaxValue / 2));

    [Fact]
    public void With_one_snapshot_nothing_goes_however_old_it_is()
    {
        retention.Saved(400, 0);
        Assert.Null(retention.DeleteUpTo(10 * KeepMs));
    }

    [Fact]
    public void Below_the_older_of_two_rows_go_once_they_have_stayed_for_long_enough()
    {
        retention.Saved(400, 0);
        retention.Saved(800, KeepMs / 2);
        Assert.Null(retention.DeleteUpTo(KeepMs - 1));
        Assert.Equal(399, retention.DeleteUpTo(KeepMs));
        Assert.Null(retention.DeleteUpTo(KeepMs));
        // 800 is old enough too, but there is no newer one to fall back from.
        Assert.Null(retention.DeleteUpTo(10 * KeepMs));
        retention.Saved(1200, 11 * KeepMs);
        Assert.Equal(799, retention.DeleteUpTo(11 * KeepMs));
    }

    [Fact]
    public void A_report_of_an_older_snapshot_changes_nothing()
    {
        retention.Saved(800, 0);
        retention.Saved(400, 1);
        retention.Saved(800, 2);
        Assert.Null(retention.DeleteUpTo(2 * KeepMs));
    }

    [Fact]
    public void Two_snapshots_are_kept_whatever_the_order_in_which_they_are_reported()
    {
        Assert.Equal(0, retention.SnapshotsBelow);
        retention.Saved(400, 0);
        Assert.Equal(0, retention.SnapshotsBelow);
        retention.Saved(1200, 1);
        retention.Saved(800, 2);
        Assert.Equal(400, retention.SnapshotsBelow);
        retention.Saved(1600, 3);
        Assert.Equal(1200, retention.SnapshotsBelow);
    }

    [Fact]
    public void Snapshots_in_quick_succession_are_not_told_apart_and_stay_for_longer_rather_than_shorter()
    {
        retention.Saved(100, 0);
        retention.Saved(200, 1);
        retention.Saved(300, (KeepMs / 64) - 1);
        retention.Saved(400, KeepMs / 64);
        Assert.Equal(99, retention.DeleteUpTo(KeepMs + (KeepMs / 64) - 1));
        Assert.Equal(299, retention.DeleteUpTo(KeepMs + (KeepMs / 64)));
    }

    [Fact]
    public void Switched_off_all_goes_at_once()
    {
        var off = new Retention(KeepMs, RuleSwitches.AllOn with { Retention = false });
        Assert.Null(off.DeleteUpTo(0));
        off.Saved(400, 0);
        Assert.Equal(400, off.DeleteUpTo(0));
        Assert.Null(off.DeleteUpTo(0));
    }

    [Fact]
    public void Whatever_comes_what_goes_is_old_and_below_the_older_of_the_two_newest() => Gen.Select(Gen.Int[1, 50], Gen.Int[0, 200]).Array[1, 60].Sample(steps =>
    {
        const long keepMs = 1000;
        var kept = new Retention(keepMs);
        var saved = new List<(long SequenceNr, long AtMs)>();
        long number = 0, now = 0, deleted = 0;
        foreach (var (rows, ms) in steps)
        {
            saved.Add((number += rows, now += ms));
            kept.Saved(number, now);
            if (kept.DeleteUpTo(now) is not { } upTo) continue;
            Assert.InRange(upTo, deleted + 1, long.MaxValue);
            deleted = upTo;
            Assert.True(upTo < saved[^2].SequenceNr, "the snapshot before the newest needs what comes after it");
            Assert.Contains(saved, s => s.SequenceNr > upTo && now - s.AtMs >= keepMs);
        }
    });
}
