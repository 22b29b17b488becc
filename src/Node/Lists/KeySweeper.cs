using Akka.Cluster;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Node.Api;
using AkkaHa.Node.Journal;
using AkkaHa.Node.Membership;
using AkkaHa.Node.Metrics;
using AkkaHa.Node.Ownership;
using AkkaHa.Node.Storage;

namespace AkkaHa.Node.Lists;

/// <summary>
/// On the leader, twice a second: brings the index forward (makes it, where there is none), and calls on the keys in it whose time is over or whose session has ended, again and again until the index
/// shows them gone. They decide by themselves: two leaders at a time, or an index that is behind, do no harm.
/// </summary>
internal sealed class KeySweeper(Database database, KeyIndex index, IEntities entities, Func<bool> isLeader, ILogger<KeySweeper> log, TimeProvider? time = null)
    : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan SoonAgain = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan CleanEvery = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan KeepEnded = TimeSpan.FromHours(24);

    private readonly KeyIndexRebuild rebuild = new(database, index, log);
    private readonly DueKeys expired = DueKeys.Expired(database, time ?? TimeProvider.System);
    private readonly DueKeys ofEndedSessions = DueKeys.OfEndedSessions(database, time ?? TimeProvider.System);
    private DateTimeOffset cleanedAt = DateTimeOffset.UtcNow;
    private string? lastFailure;

    /// <summary>Whether a node is the one that sweeps. Should two think so, nothing is wrong.</summary>
    public static bool IsLeader(NodeLifecycle lifecycle) =>
        lifecycle.Running is { Parts: { Leaving: false, DatabaseAnswers: true } } node && node.Cluster.State.Leader == node.Cluster.SelfAddress && node.Cluster.SelfMember.Status == MemberStatus.Up;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Every);
        while (await NextAsync(timer, stoppingToken))
        {
            try
            {
                // Of many keys that are due, the next are called as soon as those before have ended.
                while (await TurnAsync(stoppingToken)) await Task.Delay(SoonAgain, stoppingToken);
                lastFailure = null;
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                // Whatever it is, the next round may fare better, and lists say by themselves that they can't be had.
                if (lastFailure != e.Message) log.LogWarning("The index of keys could not be brought forward: {Message}", e.Message);
                lastFailure = e.Message;
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    /// <summary>A round, if this node leads; else another has it, and tells how far it is.</summary>
    public async Task<bool> TurnAsync(CancellationToken ct)
    {
        if (isLeader()) return await SweepAsync(ct);
        LeaderGauges.Clear();
        return false;
    }

    /// <summary>One round.</summary>
    /// <returns>Whether more keys are due than can be on their way at once.</returns>
    public async Task<bool> SweepAsync(CancellationToken ct)
    {
        if (await index.AdvanceAsync(null, ct) is null)
        {
            await rebuild.RunAsync(ct);
            return false;
        }
        await using var connection = await database.OpenKeysAsync(ct);
        var more = await expired.EachAsync(connection, End, ct);
        more |= await ofEndedSessions.EachAsync(connection, End, ct);
        LeaderGauges.Due(expired.OnTheirWay, ofEndedSessions.OnTheirWay);
        if (DateTimeOffset.UtcNow - cleanedAt < CleanEvery) return more;
        cleanedAt = DateTimeOffset.UtcNow;
        // A key may be bound to a session that has ended, by a transaction that was on its way; but not for so long.
        await using var clean = connection.Command(null, "DELETE FROM ended_session WHERE ended_at_ms < @before", [("@before", (DateTimeOffset.UtcNow - KeepEnded).ToUnixTimeMilliseconds())]);
        await clean.ExecuteNonQueryAsync(ct);
        return more;
    }

    private void End(DueKey due) => entities.Tell(new Command
    {
        Entity = EntityId.Key(due.Key).ToString(), Sender = "node", ExpireKey = new ExpireKey { SessionId = due.SessionId },
    });

    private static async Task<bool> NextAsync(PeriodicTimer timer, CancellationToken ct)
    {
        try
        {
            return await timer.WaitForNextTickAsync(ct);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
