using System.Buffers.Binary;

namespace AkkaHa.Node.Tests.Storage;

/// <summary>SQLite's own record of what was committed to the journal.</summary>
internal static class WriteAheadLog
{
    /// <summary>Transactions in the log. Frames with a database size in their header end one (sqlite.org/fileformat2.html, section 4.1).</summary>
    public static int Commits(string directory)
    {
        using var file = new FileStream(Path.Combine(directory, "journal.db-wal"), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var wal = new byte[file.Length];
        file.ReadExactly(wal);
        // Right after it was begun anew, nothing is in it, not even its head.
        if (wal.Length < 32) return 0;
        var pageSize = BinaryPrimitives.ReadInt32BigEndian(wal.AsSpan(8));
        var salt = wal.AsSpan(16, 8);
        var commits = 0;
        for (var at = 32; at + 24 + pageSize <= wal.Length; at += 24 + pageSize)
            if (wal.AsSpan(at + 8, 8).SequenceEqual(salt) && BinaryPrimitives.ReadInt32BigEndian(wal.AsSpan(at + 4)) != 0) commits++;
        return commits;
    }
}
