using System.Data.Common;
using AkkaHa.Node.Settings;
using AkkaHa.Node.Storage;
using AkkaHa.Servers;
using Npgsql;
using Xunit;

namespace AkkaHa.Node.Tests.Storage;

/// <summary>A synchronous standby that stands still: commits wait for it.</summary>
public sealed class StandbyTests
{
    [Fact]
    public async Task A_write_whose_time_is_over_while_it_waits_for_the_standby_is_no_success()
    {
        await using var pair = await PostgresPair.StartAsync();
        var settings = new StorageSettings { Provider = "postgres", ConnectionString = pair.ConnectionString };
        // As the journal connects; only the patience is shorter.
        var quick = new NpgsqlConnectionStringBuilder(new PostgresConnections(settings, TimeSpan.FromSeconds(1.5)).Journal("akkaha-test")) { CommandTimeout = 2 };
        await using var connection = new NpgsqlConnection(quick.ConnectionString);
        await connection.OpenAsync();
        await using (var create = new NpgsqlCommand("CREATE TABLE kept (n int)", connection) { CommandTimeout = 60 }) await create.ExecuteNonQueryAsync();
        pair.PauseStandby();
        try
        {
            await using var write = new NpgsqlCommand("INSERT INTO kept VALUES (1)", connection);
            // PostgreSQL would answer a cancelled wait with success and a warning, though only one disk has it.
            await Assert.ThrowsAnyAsync<DbException>(() => write.ExecuteNonQueryAsync());
        }
        finally
        {
            pair.ResumeStandby();
        }
    }
}
