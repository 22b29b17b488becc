using System.CommandLine;
using AkkaHa.Cli.CommandLine;
using AkkaHa.ClientApi;

namespace AkkaHa.Cli.Backups;

/// <summary><c>akkaha backup</c>.</summary>
static class BackupCommand
{
    // A moment is what a node needs to begin; all else is as long as the data.
    static readonly TimeSpan GiveUpAfter = TimeSpan.FromSeconds(30);

    public static Command Create()
    {
        var endpoint = Endpoints.Option();
        Argument<string> file = new("FILE") { Description = "Where to; it must not be there yet" };
        var json = Json.Option();
        ExampleCommand command = new("backup", """
            Writes all keys, fences, outcomes of transactions and eventual data, as of one moment, into a file; the cluster goes on meanwhile.
            Sessions, and who holds a lock, are not in it. The file is there when it is whole, and not before.
            """, "akkaha backup nightly.akkaha.gz", "zcat nightly.akkaha.gz | tail -n 1")
        {
            file, endpoint, json,
        };
        command.SetAction((parsed, cancel) => Endpoints.RunAsync(parsed, endpoint, async client =>
        {
            var path = parsed.GetRequiredValue(file);
            var error = parsed.InvocationConfiguration.Error;
            if (File.Exists(path) || await TakeAsync(client, path, error, cancel) is not { } contents)
            {
                await error.WriteLineAsync($"{path} is there already");
                return ExitCode.Usage;
            }
            BackupOutput.Write(parsed, json, contents, path, $"{path}: {BackupOutput.Text(contents)}, as of {contents.TakenAt.UtcDateTime:yyyy-MM-dd HH:mm:ss.fff} UTC");
            if (contents.BucketsShort > 0)
                await error.WriteLineAsync($"{contents.BucketsShort} shares of eventual data are as one node had them: no majority answered for them, so what only others had heard of is not in it");
            return ExitCode.Ok;
        }, options => Task.FromResult(options with { GiveUpAfter = GiveUpAfter })));
        return command;
    }

    /// <summary>Null: another has made a file of that name meanwhile.</summary>
    static async Task<BackupContents?> TakeAsync(AkkaHaClient client, string path, TextWriter error, CancellationToken cancel)
    {
        // Its own: another backup to the same name is neither written over nor deleted.
        var partial = $"{path}.{Guid.NewGuid():N}.partial";
        try
        {
            BackupContents contents;
            await using (var to = new FileStream(partial, FileMode.CreateNew))
            {
                using var progress = new ProgressLine(error);
                contents = await client.Backups.TakeAsync(to, so => progress.Show($"backup: {BackupOutput.Text(so)}"), cancel);
                to.Flush(flushToDisk: true);
            }
            try
            {
                File.Move(partial, path, overwrite: false);
            }
            catch (IOException) when (File.Exists(path))
            {
                return null;
            }
            return contents;
        }
        finally
        {
            File.Delete(partial);
        }
    }
}
