using System.Net;
using System.Text;
using System.Text.Json;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.Placement;
using AkkaHa.Messages.Storage;
using AkkaHa.Messages.V1;
using Google.Protobuf;
using Microsoft.Data.Sqlite;
using Xunit;

namespace AkkaHa.Cluster.Tests.Transactions;

/// <summary>
/// Two transactions hang on keys that can't be recovered, as a node finds them that starts: begun by a coordinator that is gone, prepared by one participant, and of the other rows are missing. One of these
/// has its part all the same; of the other nobody knows.
/// </summary>
public sealed class LostParticipantTests
{
    private const string Readable = "lost-and-read";
    private const string Unreadable = "lost-for-good";

    private static readonly long NowMs = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();

    [LongFact]
    public async Task An_operator_frees_what_hangs_on_keys_that_can_not_be_recovered()
    {
        await using var cluster = await ClusterUnderTest.StartAsync("sqlite", 1);
        var node = cluster.Nodes[0];
        await node.TerminateAsync(ClusterUnderTest.Patience);
        await using (var journal = new SqliteConnection($"Data Source={Path.Combine(cluster.Local.Directory, "data", "journal.db")};Pooling=False"))
        {
            await journal.OpenAsync();
            foreach (var (id, whole, broken) in ((string, string, string)[])[(Readable, "whole/1", "broken/1"), (Unreadable, "whole/2", "broken/2")])
            {
                var slot = new ShardMap().TransactionSlotOf(id);
                Append(journal, slot, 1, new Event { TransactionStarted = new TransactionStarted { TransactionId = id, Attempt = 1, PayloadHash = Hash, TimestampMs = NowMs, Participants = { $"kv/{whole}", $"kv/{broken}" } } });
                Append(journal, EntityId.Key(whole), 1, Prepared(id, slot, whole));
                if (id == Readable) Append(journal, EntityId.Key(broken), 1, Prepared(id, slot, broken));
                // After a gap.
                Append(journal, EntityId.Key(broken), 3, new Event { Claimed = new Claimed() });
            }
        }
        node.Start();
        await node.WaitReadyAsync(ClusterUnderTest.Patience);
        await ClusterUnderTest.EventuallyAsync(async () => await WaitingAsync(cluster, Readable) == "kv/broken/1" && await WaitingAsync(cluster, Unreadable) == "kv/broken/2", "the transactions do not wait for the broken keys alone");

        var (code, output, error) = await ResolveAsync(cluster, Readable, "kv/whole/1", "--yes");
        Assert.True(code != 0 && error.Contains("has answered", StringComparison.Ordinal), $"{code}: {output} {error}");
        (code, output, error) = await ResolveAsync(cluster, Readable, "kv/broken/1");
        Assert.True(code == 2 && error.Contains("--yes", StringComparison.Ordinal), $"{code}: {output} {error}");
        Assert.Equal((0, "COMMITTED\n", ""), await ResolveAsync(cluster, Readable, "kv/broken/1", "--yes"));
        Assert.Equal((HttpStatusCode.OK, "1"), await ReadAsync(cluster, "whole/1"));

        (code, output, error) = await ResolveAsync(cluster, Unreadable, "kv/broken/2", "--yes");
        Assert.True(code != 0 && error.Contains("rows are missing", StringComparison.Ordinal), $"{code}: {output} {error}");
        Assert.Equal((3, "UNKNOWN\n", ""), await ResolveAsync(cluster, Unreadable, "kv/broken/2", "--yes", "--give-up"));
        // Its part of it is not there, and nothing waits for it any more.
        Assert.Equal((HttpStatusCode.NotFound, ""), await ReadAsync(cluster, "whole/2"));
        Assert.Equal(HttpStatusCode.OK, (await cluster.SendAsync(node, HttpMethod.Put, "/v1/kv/whole/2", """{"value":"b25l"}""")).Status);
        Assert.Equal("UNKNOWN", (await cluster.GetAsync(node, $"/v1/transactions/{Unreadable}")).GetProperty("outcome").GetString());
    }

    private static readonly ByteString Hash = ByteString.CopyFrom(1, 2, 3);

    private static Event Prepared(string id, EntityId slot, string key) => new()
    {
        Prepared = new Prepared
        {
            TransactionId = id, Attempt = 1, PayloadHash = Hash, TimestampMs = NowMs, Coordinator = slot.ToString(), Intents = { new Intent { Exclusive = true } },
            Then = new PreparedBranch
            {
                Write = new KeyWritten { Present = true, Revision = 1, Value = ByteString.CopyFromUtf8("x") },
                Result = new BranchResult { Results = { new IndexedResult { Index = key[^1], Result = new OperationResult { Key = key, Revision = 1 } } } },
            },
            Else = new PreparedBranch { Result = new BranchResult() },
        },
    };

    private static void Append(SqliteConnection journal, EntityId entity, long atLeast, Event @event)
    {
        using var last = journal.CreateCommand();
        last.CommandText = "SELECT sequence_number, message FROM journal WHERE persistence_id = @id ORDER BY sequence_number DESC LIMIT 1";
        last.Parameters.AddWithValue("@id", entity.ToString());
        var (number, epoch) = (atLeast, 1L);
        using (var row = last.ExecuteReader())
            if (row.Read()) (number, epoch) = (Math.Max(atLeast, row.GetInt64(0) + 1), Envelope.Parser.ParseFrom((byte[])row.GetValue(1)).Epoch);
        using var insert = journal.CreateCommand();
        insert.CommandText = "INSERT INTO journal (persistence_id, sequence_number, created, message, manifest, identifier) VALUES (@id, @number, 0, @message, 'e', 4117)";
        insert.Parameters.AddWithValue("@id", entity.ToString());
        insert.Parameters.AddWithValue("@number", number);
        insert.Parameters.AddWithValue("@message", new Envelope { Schema = 1, Epoch = epoch, TimeMs = NowMs, Events = { @event } }.ToByteArray());
        insert.ExecuteNonQuery();
    }

    private static async Task<string> WaitingAsync(ClusterUnderTest cluster, string id)
    {
        var (status, list) = await cluster.SendAsync(cluster.Nodes[0], HttpMethod.Get, "/v1/transactions?state=inDoubt");
        if (status != HttpStatusCode.OK) return "";
        var one = list.GetProperty("transactions").EnumerateArray().FirstOrDefault(t => t.GetProperty("transactionId").GetString() == id);
        return one.ValueKind == JsonValueKind.Undefined ? "" : string.Join(' ', one.GetProperty("waitingFor").EnumerateArray().Select(p => p.GetString()));
    }

    private static async Task<(int Code, string Output, string Error)> ResolveAsync(ClusterUnderTest cluster, string id, string without, params string[] options)
    {
        var (code, output, error) = await Cli.RunAtAsync(cluster.Local.Endpoints, [], ["txn", "resolve", id, "--without", without, .. options]);
        return (code, Encoding.UTF8.GetString(output), error);
    }

    private static async Task<(HttpStatusCode Status, string Revision)> ReadAsync(ClusterUnderTest cluster, string key)
    {
        var (status, body) = await cluster.SendAsync(cluster.Nodes[0], HttpMethod.Get, $"/v1/kv/{key}");
        return (status, status == HttpStatusCode.OK ? body.GetProperty("revision").GetString()! : "");
    }
}
