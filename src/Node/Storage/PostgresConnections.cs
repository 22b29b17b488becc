using System.Data.Common;
using AkkaHa.Node.Settings;
using Npgsql;

namespace AkkaHa.Node.Storage;

/// <summary>How a node connects to PostgreSQL: several kinds of connections, so that none has to wait for another, and never more than it was given.</summary>
internal sealed class PostgresConnections
{
    private const int ForOwnership = 4;
    private const int ForProcess = 1;
    private const int ForLease = 1;
    private const int ForKeys = 4;

    /// <summary>What entities begin with is read by these, which are kept open (<see cref="PreparedRead"/>).</summary>
    private const int ForBeginnings = GroupReads.Lanes;

    private readonly NpgsqlConnectionStringBuilder common;
    private readonly int forJournal;
    private readonly TimeSpan lease;

    /// <param name="settings">Where, and how many connections.</param>
    /// <param name="lease">How long a lease lasts: a database that is so far away that this was made longer is given so much longer to renew it.</param>
    public PostgresConnections(StorageSettings settings, TimeSpan lease)
    {
        this.lease = lease;
        var given = new DbConnectionStringBuilder { ConnectionString = settings.ConnectionString };
        forJournal = settings.MaxConnections - ForOwnership - ForProcess - ForLease - ForKeys - ForBeginnings;
        common = new NpgsqlConnectionStringBuilder(settings.ConnectionString)
        {
            KeepAlive = 10, TcpKeepAlive = true, Timeout = 3, CommandTimeout = 10,
            // A commit that waits for its standby and is cancelled answers success, though the standby does not have it. Npgsql cancels what has run out of time; so it must not wait for an answer
            // to that, but break the connection: then the outcome is unknown. (What waited is committed on the primary alone from then on, and can be seen there.)
            CancellationTimeout = -1,
        };
        if (common.Host?.Contains(',', StringComparison.Ordinal) != true) return;
        // Of several servers, only the primary will do, and one that was promoted must be found within a second, not within Npgsql's ten.
        common.TargetSessionAttributes ??= "primary";
        if (!given.ContainsKey("Host Recheck Seconds") && !given.ContainsKey("HostRecheckSeconds")) common.HostRecheckSeconds = 1;
    }

    /// <summary>For the process, whatever incarnation it has: making the tables, and probes.</summary>
    public string Process => With(c =>
    {
        c.ApplicationName = "akkaha";
        c.MaxPoolSize = ForProcess;
    });

    /// <summary>For who owns what. As all connections of an incarnation, under a name by which whoever fences it can end them.</summary>
    public string Ownership(string applicationName) => With(c =>
    {
        c.ApplicationName = applicationName;
        c.MaxPoolSize = ForOwnership;
    });

    /// <summary>For renewals: short times, and a connection that is nobody else's.</summary>
    public string Lease(string applicationName) => With(c =>
    {
        c.ApplicationName = applicationName;
        c.Pooling = false;
        c.Timeout = Seconds(lease / 2, least: 1);
        c.CommandTimeout = LeaseStatementSeconds;
    });

    /// <summary>How long a renewal is waited for: no longer than what it renews.</summary>
    public int LeaseStatementSeconds => Seconds(lease, least: 2);

    /// <summary>
    /// For lists and watches of keys, one pool for all: the journal's tail keeps one while somebody watches, two are for watches that read the past, and so one at least is for the index and for pages of lists.
    /// With fewer, a list would wait behind a watch.
    /// </summary>
    public string Keys => With(c =>
    {
        c.ApplicationName = "akkaha-keys";
        // The tail's is set up for itself, and must not come to others like that, whatever is set for all.
        c.NoResetOnClose = false;
        c.MaxPoolSize = ForKeys;
    });

    /// <summary>For the journal and the snapshots. All that use it set up the same, or nothing, so that a connection needs not be set back between two of them: seven statements each time.</summary>
    public string Journal(string applicationName) => With(c =>
    {
        c.ApplicationName = applicationName;
        c.NoResetOnClose = true;
        c.MaxPoolSize = forJournal;
    });

    private static int Seconds(TimeSpan time, int least) => Math.Max(least, (int)Math.Ceiling(time.TotalSeconds));

    private string With(Action<NpgsqlConnectionStringBuilder> change)
    {
        var builder = new NpgsqlConnectionStringBuilder(common.ConnectionString);
        change(builder);
        return builder.ConnectionString;
    }
}
