using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using Google.Protobuf;
using Wire = AkkaHa.Messages.V1;

namespace AkkaHa.ClientApi.Backups;

/// <summary>Writes a backup's file: gzip of one JSON object a line, the last with a hash of all before.</summary>
internal sealed class BackupWriter(Stream destination) : IAsyncDisposable
{
    private readonly GZipStream _zip = new(destination, CompressionLevel.Fastest, leaveOpen: true);
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly BackupCount _count = new();

    public BackupContents Contents => _count.Contents;

    /// <summary>The summary is written, which is the end.</summary>
    public bool IsWhole { get; private set; }

    public async Task WriteAsync(Wire.BackupRecord record, CancellationToken cancel)
    {
        _count.Add(record);
        if (record.Summary is { } summary)
        {
            summary.Sha256 = Convert.ToHexStringLower(_hash.GetCurrentHash());
            IsWhole = true;
        }
        var line = Encoding.UTF8.GetBytes(JsonFormatter.Default.Format(record) + "\n");
        _hash.AppendData(line);
        await _zip.WriteAsync(line, cancel);
    }

    public async ValueTask DisposeAsync()
    {
        await _zip.DisposeAsync();
        _hash.Dispose();
    }
}
