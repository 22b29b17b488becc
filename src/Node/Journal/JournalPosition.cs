using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace AkkaHa.Node.Journal;

/// <summary>
/// A place in the journal: after this row. On SQLite, where one writes at a time, the order of the rows is that of their commits, and the transaction id is 0. On PostgreSQL a row may become
/// visible after later ones: there the order is by transaction id first, and only what is below every running transaction is read (see <see cref="JournalReader"/>).
/// </summary>
internal readonly record struct JournalPosition(long TransactionId, long Ordering) : IComparable<JournalPosition>
{
    /// <summary>Before the first row.</summary>
    public static readonly JournalPosition Start;

    public int CompareTo(JournalPosition other) =>
        TransactionId != other.TransactionId ? TransactionId.CompareTo(other.TransactionId) : Ordering.CompareTo(other.Ordering);

    public static bool operator <(JournalPosition a, JournalPosition b) => a.CompareTo(b) < 0;

    public static bool operator >(JournalPosition a, JournalPosition b) => a.CompareTo(b) > 0;

    public static bool operator <=(JournalPosition a, JournalPosition b) => a.CompareTo(b) <= 0;

    public static bool operator >=(JournalPosition a, JournalPosition b) => a.CompareTo(b) >= 0;
}

/// <summary>
/// A place in the stream of changes: after this row, or after its <paramref name="Part"/>th change where more follow. As text, <c>88</c> or <c>88.1</c> on SQLite, <c>743-88</c> or
/// <c>743-88.1</c> on PostgreSQL.
/// </summary>
/// <param name="Row">The row.</param>
/// <param name="Part">0: all of it.</param>
internal readonly record struct WatchPosition(JournalPosition Row, int Part = 0) : IComparable<WatchPosition>
{
    /// <summary>Rows after this one hold all that comes after this position.</summary>
    public JournalPosition ReadAfter => Part == 0 ? Row : Row with { Ordering = Row.Ordering - 1 };

    public int CompareTo(WatchPosition other) => Row != other.Row ? Row.CompareTo(other.Row) : End.CompareTo(other.End);

    public static bool operator <(WatchPosition a, WatchPosition b) => a.CompareTo(b) < 0;

    public static bool operator >(WatchPosition a, WatchPosition b) => a.CompareTo(b) > 0;

    public static bool operator <=(WatchPosition a, WatchPosition b) => a.CompareTo(b) <= 0;

    public static bool operator >=(WatchPosition a, WatchPosition b) => a.CompareTo(b) >= 0;

    private int End => Part == 0 ? int.MaxValue : Part;

    public string Text(bool postgres)
    {
        var row = postgres ? string.Create(CultureInfo.InvariantCulture, $"{Row.TransactionId}-{Row.Ordering}") : Row.Ordering.ToString(CultureInfo.InvariantCulture);
        return Part == 0 ? row : string.Create(CultureInfo.InvariantCulture, $"{row}.{Part}");
    }

    /// <summary>Reads what <see cref="Text"/> wrote, and nothing else.</summary>
    public static bool TryParse(string text, bool postgres, [NotNullWhen(true)] out WatchPosition? position)
    {
        position = null;
        var rest = text.AsSpan();
        var part = 0L;
        if (rest.IndexOf('.') is var dot and >= 0)
        {
            if (!Number(rest[(dot + 1)..], out part) || part is 0 or > int.MaxValue) return false;
            rest = rest[..dot];
        }
        var transactionId = 0L;
        if (postgres)
        {
            // The beginning is written the same everywhere.
            if (rest is "0") rest = "0-0";
            var hyphen = rest.IndexOf('-');
            if (hyphen < 0 || !Number(rest[..hyphen], out transactionId)) return false;
            rest = rest[(hyphen + 1)..];
        }
        if (!Number(rest, out var ordering) || (part > 0 && ordering == 0)) return false;
        position = new WatchPosition(new JournalPosition(transactionId, ordering), (int)part);
        return true;
    }

    private static bool Number(ReadOnlySpan<char> text, out long number) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && (text.Length == 1 || text[0] != '0');
}
