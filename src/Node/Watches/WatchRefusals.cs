using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;
using AkkaHa.Node.Api.Errors;
using AkkaHa.Node.Journal;
using Google.Protobuf.WellKnownTypes;

namespace AkkaHa.Node.Watches;

/// <summary>Why a watch, of keys or of locks, does not begin or does not go on.</summary>
/// <param name="what">What is watched: "keys" or "locks".</param>
/// <param name="isPostgres">In which form positions are written.</param>
internal sealed class WatchRefusals(string what, bool isPostgres)
{
    public static Failure Leaving() => Refusals.Of(ErrorCode.Unavailable, "this node is leaving; go on elsewhere, from details.position");

    public static Failure Unreadable(Exception e) => Refusals.Of(ErrorCode.Unavailable, $"the journal can't be read: {e.Message}");

    /// <summary>The position that a client gives.</summary>
    /// <exception cref="RefusedException">It is none.</exception>
    public WatchPosition Parse(string from) => WatchPosition.TryParse(from, isPostgres, out var position)
        ? position.Value
        : throw new RefusedException(Refusals.Invalid("from", $"'{Refusals.Quote(from)}' is no position that a watch gives"));

    public static RefusedException InTheFuture(string from) => new(Refusals.Invalid("from", $"'{from}' lies in the future: no watch of this data has given it"));

    /// <summary>For one who asks for what is not kept any more.</summary>
    public RefusedException Compacted(JournalPosition floor)
    {
        var oldest = new WatchPosition(floor).Text(isPostgres);
        return new RefusedException(Compacted(oldest, $"changes up to {oldest} are not kept any more, and some after this position may be among them: list the {what}, and watch from now on"));
    }

    /// <summary>For one who has seen more than there is.</summary>
    public RefusedException WentBack(JournalPosition floor) => new(Compacted(
        new WatchPosition(floor).Text(isPostgres), $"the journal has gone back to before this position: a backup was restored. List the {what}, and watch from now on"));

    /// <summary>The same failure, which says from where to go on.</summary>
    public RefusedException ResumableFrom(WatchPosition position, Failure why)
    {
        var failure = why.Clone();
        failure.Details ??= new Struct();
        failure.Details.Fields["position"] = Value.ForString(position.Text(isPostgres));
        return new RefusedException(failure);
    }

    /// <summary>What is gone, and the oldest position that is good.</summary>
    public static Failure Compacted(string oldest, string why)
    {
        var failure = Refusals.Of(ErrorCode.Compacted, why);
        failure.Details = new Struct { Fields = { ["oldest"] = Value.ForString(oldest) } };
        return failure;
    }
}
