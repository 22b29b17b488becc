using System.IO.Compression;
using System.Text;
using AkkaHa.ClientApi;
using AkkaHa.Cluster.Tests.Transactions;
using Xunit;

namespace AkkaHa.Cluster.Tests.Backups;

/// <summary>From one cluster into another, while the first one works.</summary>
public sealed class BackupTests : IDisposable
{
    private readonly string directory = Directory.CreateTempSubdirectory("akkaha-backup-").FullName;

    private string FileName => Path.Combine(directory, "all.gz");

    [Fact]
    public Task A_backup_has_all_as_of_one_moment_and_what_is_given_out_after_its_restore_is_above_all_of_before() => ThereAndBackAsync("sqlite", 1);

    [LongFact]
    public Task The_same_with_three_nodes_on_PostgreSQL() => ThereAndBackAsync("postgres", 3);

    private async Task ThereAndBackAsync(string provider, int nodes)
    {
        BackupData data;
        (Fence, Fence, Revision) lost;
        await using (var cluster = await ClusterUnderTest.StartAsync(provider, nodes))
        {
            await using var client = cluster.Connect();
            data = new BackupData(client);
            await data.WriteAsync();
            var transfers = new Transfers(client, client);
            await transfers.OpenAccountsAsync();
            using var enough = new CancellationTokenSource();
            var work = Enumerable.Range(0, 8).Select(seed => transfers.RunAsync(seed, enough.Token)).ToArray();
            while (transfers.Done.Count < 50) await Task.Delay(10);
            var taken = await Cli.RunAtAsync(cluster.Local.Endpoints, [], "backup", FileName);
            Assert.True(taken.ExitCode == 0, taken.Error);
            var before = transfers.Done.Count;
            while (transfers.Done.Count < before + 50) await Task.Delay(10);
            await enough.CancelAsync();
            await Task.WhenAll(work);
            lost = await data.GoOnAsync();
        }

        await using var empty = await ClusterUnderTest.StartAsync(provider, nodes);
        await using var at = empty.Connect();
        await BreakOffAsync(empty);
        var restored = await Cli.RunAtAsync(empty.Local.Endpoints, [], "restore", FileName);
        Assert.True(restored.ExitCode == 0, restored.Error);
        var balances = await new Transfers(at, at).BalancesAsync();
        Assert.Equal(Transfers.Accounts * Transfers.Start, balances.Sum());
        Assert.Contains(balances, b => b != Transfers.Start);
        await data.CheckRestoredAsync(at, lost);

        // Once more does no harm, and another backup is refused.
        var again = await Cli.RunAtAsync(empty.Local.Endpoints, [], "restore", FileName);
        Assert.Contains("restored before", Encoding.UTF8.GetString(again.Output), StringComparison.Ordinal);
        Assert.Equal("d", await at.Keys.GetStringAsync("backup/x"));
        var other = Path.Combine(directory, "other.gz");
        Assert.Equal(0, (await Cli.RunAtAsync(empty.Local.Endpoints, [], "backup", other)).ExitCode);
        var refused = await Cli.RunAtAsync(empty.Local.Endpoints, [], "restore", other);
        Assert.Equal(4, refused.ExitCode);
        Assert.Contains("empty", refused.Error, StringComparison.Ordinal);
    }

    /// <summary>Whatever part of it is there then, the next one goes on.</summary>
    private async Task BreakOffAsync(ClusterUnderTest empty)
    {
        await using var client = empty.Connect();
        await using var file = File.OpenRead(FileName);
        using var stop = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.Backups.RestoreAsync(file, so =>
        {
            if (so.Keys > 0) stop.Cancel();
        }, stop.Token));
    }

    public void Dispose() => Directory.Delete(directory, recursive: true);
}

/// <summary>Refusals, at one node that has something already.</summary>
public sealed class BackupRefusalTests(OneNode one) : IClassFixture<OneNode>
{
    [Fact]
    public async Task A_file_that_is_not_whole_or_not_as_it_was_written_is_refused_before_anything_is_done()
    {
        await using var client = one.Cluster.Connect();
        await client.Keys.PutAsync("k", "v");
        using var backup = new MemoryStream();
        var taken = await client.Backups.TakeAsync(backup);
        Assert.True(taken.Keys >= 1);
        var lines = Lines(backup);
        foreach (var (broken, says) in new[]
        {
            (lines[..^1], "cut short"), ([.. lines[..1], .. lines[2..]], "not as it was written"), ([.. lines.Select(l => l.Replace("\"k\"", "\"j\"", StringComparison.Ordinal))], "not as it was written"),
            ([.. lines, lines[^2]], "after the summary"), (lines[1..], "no backup"), ([lines[0].Replace("\"version\": 1", "\"version\": 2", StringComparison.Ordinal), .. lines[1..]], "version 2"), (["hello"], "no backup"),
        })
        {
            using var file = Zip(broken);
            var refused = await Assert.ThrowsAsync<InvalidBackupException>(() => client.Backups.RestoreAsync(file));
            Assert.Contains(says, refused.Message, StringComparison.Ordinal);
        }
        using var noZip = new MemoryStream("hello"u8.ToArray());
        await Assert.ThrowsAsync<InvalidBackupException>(() => client.Backups.RestoreAsync(noZip));
    }

    [Fact]
    public async Task Where_there_is_something_nothing_is_restored()
    {
        await using var client = one.Cluster.Connect();
        var revision = await client.Keys.PutAsync("other", "v");
        using var backup = new MemoryStream();
        await client.Backups.TakeAsync(backup);
        backup.Position = 0;
        await Assert.ThrowsAsync<RevisionMismatchException>(() => client.Backups.RestoreAsync(backup));
        Assert.Equal(revision, (await client.Keys.GetAsync("other"))!.Revision);
    }

    [Fact]
    public async Task Two_backups_to_one_name_leave_one_that_is_whole()
    {
        await using var client = one.Cluster.Connect();
        await client.Keys.PutAsync("twice", "v");
        var directory = Directory.CreateTempSubdirectory("akkaha-backup-").FullName;
        try
        {
            var file = Path.Combine(directory, "all.gz");
            var codes = await Task.WhenAll(Enumerable.Range(0, 3).Select(async _ => (await Cli.RunAtAsync(one.Cluster.Local.Endpoints, [], "backup", file)).ExitCode));
            // The others: the file is there already, or the node is at a backup.
            Assert.Single(codes, 0);
            Assert.All(codes, code => Assert.Contains(code, (int[])[0, 2, 4]));
            Assert.Equal([file], Directory.GetFiles(directory));
            await using var whole = File.OpenRead(file);
            await Assert.ThrowsAsync<RevisionMismatchException>(() => client.Backups.RestoreAsync(whole));
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static string[] Lines(MemoryStream backup)
    {
        backup.Position = 0;
        using var reader = new StreamReader(new GZipStream(backup, CompressionMode.Decompress, leaveOpen: true));
        return reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    private static MemoryStream Zip(IEnumerable<string> lines)
    {
        var file = new MemoryStream();
        using (var zip = new GZipStream(file, CompressionLevel.Fastest, leaveOpen: true))
            foreach (var line in lines) zip.Write(Encoding.UTF8.GetBytes(line + "\n"));
        file.Position = 0;
        return file;
    }
}
