using System.CommandLine;
using AkkaHa.Cli.CommandLine;
using AkkaHa.ClientApi;

namespace AkkaHa.Cli.Backups;

/// <summary><c>akkaha restore</c>.</summary>
static class RestoreCommand
{
    static readonly TimeSpan GiveUpAfter = TimeSpan.FromSeconds(50);

    public static Command Create()
    {
        var endpoint = Endpoints.Option();
        Argument<string> file = new("FILE") { Description = "What akkaha backup wrote" };
        var json = Json.Option();
        ExampleCommand command = new("restore", """
            Brings a backup back into a cluster that has no data yet. The file is checked as a whole before anything is written.
            Where it was broken off, run it again. Let nobody use the cluster before it has ended.
            Fences and revisions go on above all that were ever given out, also after the backup was made.
            """, "akkaha restore nightly.akkaha.gz")
        {
            file, endpoint, json,
        };
        command.SetAction((parsed, cancel) => Endpoints.RunAsync(parsed, endpoint, async client =>
        {
            var path = parsed.GetRequiredValue(file);
            var error = parsed.InvocationConfiguration.Error;
            try
            {
                await using var from = File.OpenRead(path);
                using var progress = new ProgressLine(error);
                var (contents, wasThere) = await client.Backups.RestoreAsync(from, so => progress.Show($"restore: {BackupOutput.Text(so)}"), cancel);
                progress.Clear();
                BackupOutput.Write(parsed, json, contents, path, wasThere ? $"{path} was restored before; nothing is left to do" : $"{path}: restored {BackupOutput.Text(contents)}");
                return ExitCode.Ok;
            }
            catch (InvalidBackupException e)
            {
                await error.WriteLineAsync($"{path}: {e.Message}. Nothing was restored.");
                return ExitCode.Usage;
            }
        }, options => Task.FromResult(options with { GiveUpAfter = GiveUpAfter })));
        return command;
    }
}
