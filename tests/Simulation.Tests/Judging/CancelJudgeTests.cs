using AkkaHa.Judge.Locks;
using Xunit;

namespace AkkaHa.Simulation.Tests.Judging;

public sealed class CancelJudgeTests
{
    private static IEnumerable<string> Judge(string[] cancelled, params (string Lock, long Fence)[] ended) =>
        CancelJudge.Judge([new("l", 1, "a"), new("l", 1, "b"), new("m", 1, "c")], cancelled.ToHashSet(StringComparer.Ordinal), ended.ToHashSet()).Select(v => v.Promise);

    [Fact]
    public void A_grant_that_all_who_were_told_of_it_have_cancelled_may_end() => Assert.Empty(Judge(["a", "b"], ("l", 1)));

    [Fact]
    public void One_that_others_were_told_of_may_not() => Assert.Equal(["a cancel takes nothing from others"], Judge(["a"], ("l", 1)));

    [Fact]
    public void What_no_cancel_has_ended_is_no_matter() => Assert.Empty(Judge(["a"], ("l", 2)));
}
