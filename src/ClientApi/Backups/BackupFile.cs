using System.IO.Compression;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using Google.Protobuf;
using Wire = AkkaHa.Messages.V1;

namespace AkkaHa.ClientApi.Backups;

/// <summary>Reads what <see cref="BackupWriter"/> wrote.</summary>
internal static class BackupFile
{
    private const uint NewestVersion = 1;

    private static readonly JsonParser Parser = new(JsonParser.Settings.Default.WithIgnoreUnknownFields(false));

    /// <summary>Goes over all of it.</summary>
    /// <exception cref="InvalidBackupException">It is no backup, of a newer version, cut short, or changed.</exception>
    public static async Task<(Wire.BackupHeader Header, Wire.BackupSummary Summary)> CheckAsync(Stream file, CancellationToken cancel)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var count = new BackupCount();
        Wire.BackupSummary? summary = null;
        await foreach (var line in LinesAsync(file, cancel))
        {
            if (summary is not null) throw new InvalidBackupException("there are lines after the summary, which is the last one");
            var record = Parse(line);
            if ((record.Header is null) != (count.Header is not null)) throw new InvalidBackupException("this is no backup: the first line, and only that, is the header");
            if (record.Header is { } header && header.Version is 0 or > NewestVersion) throw new InvalidBackupException($"the backup is of version {record.Header.Version}; this program reads 1 to {NewestVersion}");
            count.Add(record);
            if (record.Summary is { } last) summary = last;
            else hash.AppendData(Encoding.UTF8.GetBytes(line + "\n"));
        }
        if (summary is null || count.Header is null) throw new InvalidBackupException("the backup is cut short: its last line, the summary, is missing");
        if (Convert.ToHexStringLower(hash.GetCurrentHash()) != summary.Sha256 || !count.Agrees(summary)) throw new InvalidBackupException("the backup is not as it was written: its checksum or its counts are others");
        return (count.Header, summary);
    }

    public static async IAsyncEnumerable<Wire.BackupRecord> ReadAsync(Stream file, [EnumeratorCancellation] CancellationToken cancel)
    {
        await foreach (var line in LinesAsync(file, cancel)) yield return Parse(line);
    }

    private static async IAsyncEnumerable<string> LinesAsync(Stream file, [EnumeratorCancellation] CancellationToken cancel)
    {
        await using var zip = new GZipStream(file, CompressionMode.Decompress, leaveOpen: true);
        using var reader = new StreamReader(zip, new UTF8Encoding(false, throwOnInvalidBytes: true));
        while (await NextAsync(reader, cancel) is { } line) yield return line;
    }

    private static async Task<string?> NextAsync(StreamReader reader, CancellationToken cancel)
    {
        try
        {
            return await reader.ReadLineAsync(cancel);
        }
        catch (Exception e) when (e is InvalidDataException or DecoderFallbackException)
        {
            throw new InvalidBackupException($"this is no backup, or it is broken: {e.Message}", e);
        }
    }

    private static Wire.BackupRecord Parse(string line)
    {
        try
        {
            return Parser.Parse<Wire.BackupRecord>(line);
        }
        catch (Exception e) when (e is InvalidProtocolBufferException or InvalidJsonException or FormatException)
        {
            throw new InvalidBackupException($"this is no backup, or it is broken: {e.Message}", e);
        }
    }
}
