using System.CommandLine;
using System.Globalization;
using AkkaHa.Cli.CommandLine;
using AkkaHa.ClientApi;

namespace AkkaHa.Cli.Backups;

/// <summary>How backups are shown.</summary>
static class BackupOutput
{
    public static string Text(BackupContents contents) => string.Create(
        CultureInfo.InvariantCulture, $"{contents.Keys} keys, {contents.Locks} locks, {contents.Outcomes} outcomes of transactions, {contents.Buckets} shares of eventual data");

    public static void Write(ParseResult parsed, Option<bool> json, BackupContents contents, string path, string text)
    {
        var output = parsed.InvocationConfiguration.Output;
        if (!parsed.GetValue(json)) output.WriteLine(text);
        else
            Json.WriteLine(output, new
            {
                file = path, backupId = contents.Id, takenAt = contents.TakenAt, keys = contents.Keys.ToString(CultureInfo.InvariantCulture), locks = contents.Locks.ToString(CultureInfo.InvariantCulture),
                outcomes = contents.Outcomes.ToString(CultureInfo.InvariantCulture), buckets = contents.Buckets.ToString(CultureInfo.InvariantCulture),
                bucketsShort = contents.BucketsShort.ToString(CultureInfo.InvariantCulture),
            });
    }
}
