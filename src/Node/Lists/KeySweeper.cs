using System.Data.Common;
using Akka.Cluster;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Node.Api;
using AkkaHa.Node.Journal;
using AkkaHa.Node.Membership;
using AkkaHa.Node.Ownership;
using AkkaHa.Node.Storage;

namespace AkkaHa.Node.Lists;

/// <summary>
/// On the leader, twice a second: brings the index forward (makes it, where there is none), and calls on the keys in it whose time is over or whose session has ended, again and again until the index
/// shows them gone. They decide by themselves: two leaders at a time, or an index that is behind, do no harm.
/// </summary>
internal sealed class KeySweeper(Database database, KeyIndex index, IEntities entities, Func<bool> isLeader, ILogger<KeySweeper> log) : BackgroundService
{
    private const int KeysAtOnce = 1000;
    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan CleanEvery = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan KeepEnded = TimeSpan.FromHours(24);

    private readonly KeyIndexRebuild rebuild = new(database, index, log);
    private DateTimeOffset cleanedAt = DateTimeOffset.UtcNow;
    private (long ExpiresAtMs, string Key) afterExpired;
    private string afterEnded = "";
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
                if (isLeader()) await SweepAsync(stoppingToken);
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

    /// <summary>One round.</summary>
    public async Task SweepAsync(CancellationToken ct)
    {
        if (await index.AdvanceAsync(null, ct) is null)
        {
            await rebuild.RunAsync(ct);
            return;
        }
        await using var connection = await database.OpenKeysAsync(ct);
        await ExpiredAsync(connection, ct);
        await EndedAsync(connection, ct);
        if (DateTimeOffset.UtcNow - cleanedAt < CleanEvery) return;
        cleanedAt = DateTimeOffset.UtcNow;
        // A key may be bound to a session that has ended, by a transaction that was on its way; but not for so long.
        await using var clean = connection.Command(null, "DELETE FROM ended_session WHERE ended_at_ms < @before", [("@before", (DateTimeOffset.UtcNow - KeepEnded).ToUnixTimeMilliseconds())]);
        await clean.ExecuteNonQueryAsync(ct);
    }

    private async Task ExpiredAsync(DbConnection connection, CancellationToken ct)
    {
        await using var command = connection.Command(
            null,
            $"SELECT expires_at_ms, key FROM key_index WHERE expires_at_ms > 0 AND expires_at_ms <= @now AND (expires_at_ms > @at OR (expires_at_ms = @at AND key > @key)) ORDER BY expires_at_ms, key LIMIT {KeysAtOnce}",
            [("@now", DateTimeOffset.UtcNow.ToUnixTimeMilliseconds()), ("@at", afterExpired.ExpiresAtMs), ("@key", afterExpired.Key ?? "")]);
        var due = new List<(long, string Key)>();
        await using (var row = await command.ExecuteReaderAsync(ct))
            while (await row.ReadAsync(ct)) due.Add((row.GetInt64(0), row.GetString(1)));
        // On from there: those whose shard has no owner just now must not keep the others waiting. After the last, from the beginning.
        afterExpired = due.Count < KeysAtOnce ? default : due[^1];
        foreach (var (_, key) in due) Tell(key, new ExpireKey());
    }

    private async Task EndedAsync(DbConnection connection, CancellationToken ct)
    {
        await using var command = connection.Command(null, $"SELECT key, session_id FROM key_index WHERE session_ended = 1 AND key > @after ORDER BY key LIMIT {KeysAtOnce}", [("@after", afterEnded)]);
        var ended = new List<(string Key, string SessionId)>();
        await using (var row = await command.ExecuteReaderAsync(ct))
            while (await row.ReadAsync(ct)) ended.Add((row.GetString(0), row.GetString(1)));
        afterEnded = ended.Count < KeysAtOnce ? "" : ended[^1].Key;
        foreach (var (key, session) in ended) Tell(key, new ExpireKey { SessionId = session });
    }

    private void Tell(string key, ExpireKey expire) =>
        entities.Tell(new Command { Entity = EntityId.Key(key).ToString(), Sender = "node", ExpireKey = expire });

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
