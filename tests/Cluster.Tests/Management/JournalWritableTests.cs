using System.Net;
using AkkaHa.Cluster.Tests.Telemetry;
using Microsoft.Data.Sqlite;
using Xunit;

namespace AkkaHa.Cluster.Tests.Management;

/// <summary><c>/ready</c> of a node whose lease is renewed, and whose journal can't be written.</summary>
[Collection(MeteredNode.Name)]
public sealed class JournalWritableTests(OneNode one)
{
    [Fact]
    public async Task A_node_whose_journal_takes_no_writes_is_not_ready_until_it_does_though_it_was_asked_for_none()
    {
        var (cluster, node) = (one.Cluster, one.Cluster.Nodes[0]);
        string message = "";
        async Task<bool> IsAsync(HttpStatusCode status)
        {
            var (got, body) = await cluster.SendAsync(node, HttpMethod.Get, "/ready");
            if (got != HttpStatusCode.OK) message = body.GetProperty("message").GetString()!;
            return got == status;
        }
        await ClusterUnderTest.EventuallyAsync(() => IsAsync(HttpStatusCode.OK), "it is not ready");
        await using (var holder = new SqliteConnection($"Data Source={Path.Combine(cluster.Local.Directory, "data", "journal.db")};Pooling=False"))
        {
            await holder.OpenAsync();
            await using (var hold = new SqliteCommand("BEGIN IMMEDIATE", holder)) await hold.ExecuteNonQueryAsync();
            await ClusterUnderTest.EventuallyAsync(() => IsAsync(HttpStatusCode.ServiceUnavailable), "it is ready, though nothing can be written");
            Assert.Contains("the journal can't be written", message, StringComparison.Ordinal);
            await using (var end = new SqliteCommand("ROLLBACK", holder)) await end.ExecuteNonQueryAsync();
        }
        await ClusterUnderTest.EventuallyAsync(() => IsAsync(HttpStatusCode.OK), "it is not ready again");
    }
}
