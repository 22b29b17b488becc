using AkkaHa.Messages;
using AkkaHa.Messages.Placement;
using Grpc.Core;

namespace AkkaHa.ClientApi.Connection;

/// <summary>One call as it can be sent again: what it is called, whose it is, and how to send it as attempt n.</summary>
internal sealed record Call<TResponse>(string Name, Func<ShardMap, int?> Shard, Func<CallInvoker, CallOptions, uint, AsyncUnaryCall<TResponse>> Send)
{
    /// <summary>How long the server was asked to wait: the answer may take so much longer.</summary>
    public TimeSpan Wait { get; init; } = TimeSpan.Zero;

    /// <summary>How long the server may work on it by its own deadline: it is not given up before that, and a little more.</summary>
    public TimeSpan Deadline { get; init; } = TimeSpan.Zero;

    /// <summary>Without an answer for this long (and <see cref="Wait"/>) an attempt is given up. Null: the option's.</summary>
    public TimeSpan? AttemptTimeout { get; init; }

    /// <summary>But not before this (and <see cref="Wait"/>), whatever the option says.</summary>
    public TimeSpan LeastAttemptTimeout { get; init; } = TimeSpan.Zero;
}

/// <summary>Where calls belong.</summary>
internal static class CallShard
{
    public static Func<ShardMap, int?> Of(EntityId entity) => map => map.ShardOf(entity);

    public static Func<ShardMap, int?> OfTransaction(string id) => map => map.ShardOf(map.TransactionSlotOf(id));

    public static Func<ShardMap, int?> OfNewSession(string requestId) => map => map.ShardOf(map.SessionSlotFor(requestId));

    /// <summary>A session's slot is in its id; an id of another form, or from a cluster with more shards, goes anywhere and is refused there.</summary>
    public static Func<ShardMap, int?> OfSession(string id) =>
        map => SessionId.TryParse(id, out var session) && session.Slot < map.ShardCount ? session.Slot : null;
}

/// <summary>An answer, and when the attempt that it answers was sent (monotonic).</summary>
internal readonly record struct Answer<TResponse>(TResponse Value, long SentAt);
