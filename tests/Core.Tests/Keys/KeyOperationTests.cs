using AkkaHa.Core.Tests.Entities;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.Storage;
using AkkaHa.Messages.V1;
using Xunit;

namespace AkkaHa.Core.Tests.Keys;

public sealed class KeyOperationTests
{
    [Fact]
    public void A_delete_of_what_is_not_there_says_the_last_revision_as_one_outside_transactions_does()
    {
        var key = Scenario.Fresh(EntityId.Key("k"));
        key.When(Make.Put("a"));
        key.When(Make.Delete());
        var alone = key.When(Make.Delete()).Reply().DeleteKey;
        var result = key.When(Make.Prepare("t", then: Make.DeleteOp())).Votes()[0].Then.Results[0].Result;
        Assert.Equal((2, false), (alone.Revision, alone.Deleted));
        Assert.Equal((alone.Revision, alone.Deleted), (result.Revision, result.Deleted));
    }

    private static PreparedBranch Run(string? before, params Operation[] operations)
    {
        var rows = before is null ? [] : new[] { Scenario.Row(1, Make.Written(1, before)) };
        return Scenario.Given(EntityId.Key("k"), rows).When(Make.Prepare("t", then: operations)).Events[0].Prepared.Then;
    }

    private static string[] Values(PreparedBranch branch) => [.. branch.Result.Results.Select(r => r.Result.HasValue ? r.Result.Value.ToStringUtf8() : "none")];

    [Fact]
    public void Operations_see_the_earlier_ones_and_make_one_revision()
    {
        var branch = Run("1", Make.GetOp(), Make.AddOp(4), Make.PutOp("x"), Make.AppendOp("y"), Make.GetOp());
        Assert.Equal(["1", "5", "none", "xy", "xy"], Values(branch));
        Assert.Equal([1L, 2, 2, 2, 2], branch.Result.Results.Select(r => r.Result.Revision));
        Assert.Equal((true, "xy", 2), (branch.Write.Present, branch.Write.Value.ToStringUtf8(), branch.Write.Revision));
    }

    [Fact]
    public void A_get_alone_writes_nothing()
    {
        Assert.Null(Run("1", Make.GetOp()).Write);
        var absent = Run(null, Make.GetOp());
        Assert.Equal((0, false), (absent.Result.Results[0].Result.Revision, absent.Result.Results[0].Result.HasValue));
    }

    [Fact]
    public void Absent_counts_as_0_for_add_and_as_nothing_for_append()
    {
        Assert.Equal(["-3"], Values(Run(null, Make.AddOp(-3))));
        Assert.Equal(["a"], Values(Run(null, Make.AppendOp("a"))));
    }

    [Fact]
    public void Delete_says_whether_there_was_something()
    {
        var there = Run("a", Make.DeleteOp(), Make.DeleteOp());
        Assert.Equal([true, false], there.Result.Results.Select(r => r.Result.Deleted));
        Assert.False(there.Write.Present);
        Assert.Null(Run(null, Make.DeleteOp()).Write);
    }

    [Theory]
    [InlineData("9223372036854775807", 1L)]
    [InlineData("-9223372036854775808", -1L)]
    [InlineData("1", long.MaxValue)]
    public void Overflow_makes_the_branch_impossible(string before, long amount)
    {
        var branch = Run(before, Make.AddOp(amount));
        Assert.Contains("overflow", branch.Result.AbortReason, StringComparison.Ordinal);
        Assert.Null(branch.Write);
    }

    [Theory]
    [InlineData("9223372036854775806", 1L, "9223372036854775807")]
    [InlineData("-9223372036854775807", -1L, "-9223372036854775808")]
    [InlineData("9223372036854775807", long.MinValue, "-1")]
    public void The_last_numbers_are_numbers(string before, long amount, string after) => Assert.Equal([after], Values(Run(before, Make.AddOp(amount))));

    [Theory]
    [InlineData("x")]
    [InlineData("1.5")]
    [InlineData(" 1")]
    [InlineData("")]
    [InlineData("9223372036854775808")]
    public void Adding_to_what_is_no_number_makes_the_branch_impossible(string before) =>
        Assert.Contains("not a decimal", Run(before, Make.AddOp(1)).Result.AbortReason, StringComparison.Ordinal);

    [Fact]
    public void Appends_go_up_to_the_limit_of_a_value()
    {
        var most = new string('a', Limits.ValueBytes - 1);
        Assert.Equal(Limits.ValueBytes, Run(most, Make.AppendOp("b")).Write.Value.Length);
        Assert.Contains($"{Limits.ValueBytes}", Run(most, Make.AppendOp("bc")).Result.AbortReason, StringComparison.Ordinal);
    }

    /// <summary>Before it is stored and sent: a vote carries both branches, and must fit into a message.</summary>
    [Fact]
    public void Results_of_one_key_go_up_to_the_limit_of_a_transaction()
    {
        var large = new string('a', 1000 * 1024);
        var most = Run(large, [.. Enumerable.Repeat(Make.GetOp(), 4)]);
        Assert.Equal((4, ""), (most.Result.Results.Count, most.Result.AbortReason));
        var beyond = Run(large, [.. Enumerable.Repeat(Make.GetOp(), 1024)]);
        Assert.Contains($"{Limits.TransactionResultBytes}", beyond.Result.AbortReason, StringComparison.Ordinal);
        Assert.True(beyond.CalculateSize() < 1000);
        Assert.True(2 * most.CalculateSize() < Limits.RemotingFrameBytes);
    }

    [Fact]
    public void What_this_version_does_not_know_makes_the_branch_impossible() => Assert.NotEmpty(Run("a", new Operation()).Result.AbortReason);
}
