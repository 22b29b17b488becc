using AkkaHa.Core.Entities;
using AkkaHa.Core.Ownership;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;
using AkkaHa.Node.Membership;
using AkkaHa.Node.Ownership;
using AkkaHa.Node.Tests.Api;
using Xunit;

namespace AkkaHa.Node.Tests.Membership;

/// <summary>Which slots decide whether a node is ready.</summary>
public sealed class SlotCheckTests
{
    private readonly FakeEntities entities = new();
    private readonly Grants grants = new(new NodeLease(new LeaseTimings()));
    private readonly SlotCheck check;

    public SlotCheckTests()
    {
        entities.AnswerWith(new Reply());
        check = new SlotCheck(entities, shards: 16, TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task Those_of_a_node_that_has_died_are_not_asked_and_all_that_are_owned_here_are_in_turn()
    {
        foreach (var shard in (int[])[1, 4, 5, 9, 11, 14]) grants.Enter(shard, 1, null);
        grants.Enter(ShardRow.Coordinator, 1, null);
        // Whoever asks the others waits for a failover.
        entities.Answer = (command, _) => Task.FromResult(
            command.Entity is "session/1" or "session/4" or "session/5" or "session/9" or "session/11" or "session/14" ? new Reply() : Replies.Failure(ErrorCode.Unavailable, "its owner has died"));
        for (var i = 0; i < 3; i++) Assert.Null(await check.TroubleAsync(grants, default));
        Assert.Equal(6, entities.Asked.Select(a => a.Entity).Distinct().Count());
    }

    [Fact]
    public async Task One_that_is_owned_here_and_does_not_answer_is_named()
    {
        grants.Enter(3, 1, null);
        entities.AnswerWith(Replies.Failure(ErrorCode.Unavailable, "no answer"));
        Assert.Equal("session/3 does not answer: no answer", await check.TroubleAsync(grants, default));
    }

    [Fact]
    public async Task One_that_moves_away_meanwhile_is_somebody_else_s()
    {
        grants.Enter(3, 1, null);
        entities.Answer = (_, _) =>
        {
            grants.Leave(3, 1);
            return Task.FromResult(Replies.Failure(ErrorCode.Unavailable, "the shard is changing its owner"));
        };
        Assert.Null(await check.TroubleAsync(grants, default));
    }

    [Fact]
    public async Task A_node_that_owns_nothing_asks_whichever_there_are()
    {
        for (var i = 0; i < 4; i++) Assert.Null(await check.TroubleAsync(grants, default));
        Assert.Equal(16, entities.Asked.Select(a => a.Entity).Distinct().Count());
    }
}
