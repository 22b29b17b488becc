using AkkaHa.Node.Settings;
using AkkaHa.Node.Storage;
using Npgsql;
using Xunit;

namespace AkkaHa.Node.Tests.Storage;

public sealed class PostgresConnectionsTests
{
    /// <summary>Else a database that is far away could never be renewed at, however long the lease.</summary>
    [Theory]
    [InlineData(500, 1, 2)]
    [InlineData(1_500, 1, 2)]
    [InlineData(10_000, 5, 10)]
    public void A_longer_lease_gives_its_renewals_longer(int leaseMs, int toConnect, int forAStatement)
    {
        var lease = new NpgsqlConnectionStringBuilder(new PostgresConnections(new StorageSettings { ConnectionString = "Host=h" }, TimeSpan.FromMilliseconds(leaseMs)).Lease("akkaha-test"));
        Assert.Equal((toConnect, forAStatement), (lease.Timeout, lease.CommandTimeout));
    }
}
