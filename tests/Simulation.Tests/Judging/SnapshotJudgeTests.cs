using AkkaHa.Judge.Totals;
using Xunit;

namespace AkkaHa.Simulation.Tests.Judging;

public sealed class SnapshotJudgeTests
{
    private static Snapshot Read(long asked, long answered, long[] accounts, long[] revisions) => new("r", asked, answered, accounts, revisions);

    private static IEnumerable<string> Judge(Snapshot[] snapshots, params RevisionTold[] told) => SnapshotJudge.Judge(snapshots, told).Select(v => v.Promise);

    [Fact]
    public void Snapshots_that_follow_what_was_told_are_good() => Assert.Empty(Judge(
        [Read(0, 1, [10, 10], [1, 1]), Read(5, 6, [7, 13], [2, 2]), Read(7, 8, [7, 13], [2, 2])], new(0, 2, 4, "t"), new(1, 2, 4, "t")));

    [Fact]
    public void One_that_was_asked_for_before_the_transfer_was_acknowledged_may_miss_it() => Assert.Empty(Judge([Read(3, 9, [10, 10], [1, 1])], new(0, 2, 4, "t"), new(1, 2, 4, "t")));

    [Fact]
    public void One_of_the_past_is_bad_though_its_sum_is_right()
    {
        Snapshot[] old = [Read(5, 6, [10, 10], [1, 1])];
        Assert.Equal(["no snapshot is of the past"], Judge(old, new(0, 2, 4, "t"), new(1, 2, 4, "t")));
        Assert.Empty(TotalJudge.Money(20, old.Select(s => new Balance(s.By, s.AnsweredAt, s.Accounts))));
    }

    [Fact]
    public void One_that_is_older_than_another_that_was_read_before_is_bad() =>
        Assert.Equal(["no snapshot is of the past"], Judge([Read(0, 1, [7, 13], [2, 2]), Read(5, 6, [10, 10], [1, 1])]));

    [Fact]
    public void Two_at_the_same_time_that_saw_two_transfers_in_different_orders_are_bad() =>
        Assert.Equal(["snapshots are of one course of things"], Judge([Read(0, 9, [9, 11, 10, 10], [2, 2, 1, 1]), Read(0, 9, [10, 10, 9, 11], [1, 1, 2, 2])]));

    [Fact]
    public void Two_values_of_one_revision_are_bad() => Assert.Contains("a revision has one value", Judge([Read(0, 1, [10, 10], [1, 1]), Read(2, 3, [9, 11], [1, 1])]));
}
