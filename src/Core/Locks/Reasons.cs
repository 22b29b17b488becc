namespace AkkaHa.Core.Locks;

/// <summary>Why a holding ended, or why somebody waits no more, as the journal says it.</summary>
public static class Reasons
{
    internal const string Released = "released";
    internal const string Cancelled = "cancelled";
    internal const string NoCall = "no-call";
    internal const string ReEntry = "re-entry";
    internal const string Replaced = "replaced";
    internal const string InVain = "in-vain";
    internal const string Deadlock = "deadlock";

    private const string Forced = "forced: ";

    /// <summary>Its session has ended.</summary>
    public const string SessionEnded = "session-ended";

    /// <summary>Whether an operator ended it.</summary>
    public static bool IsForced(string reason) => reason.StartsWith(Forced, StringComparison.Ordinal);

    internal static string ForcedBecause(string why) => Forced + why;
}
