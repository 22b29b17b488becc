using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.Placement;
using AkkaHa.Messages.V1;
using AkkaHa.Node.Api.Errors;
using AkkaHa.Node.Overload;

namespace AkkaHa.Node.Api;

/// <summary>Asks entities on behalf of one call: addresses the command, and turns refusals into <see cref="RefusedException"/>.</summary>
/// <param name="entities">Who is asked.</param>
/// <param name="admission">Null: it is not the first that is asked for a call, or for none, and must not be refused where there is too much to do.</param>
internal sealed class EntityCalls(IEntities entities, Admission? admission = null)
{
    public ShardMap Shards => entities.Shards;

    /// <exception cref="RefusedException">The entity, or what is between, refused.</exception>
    public async Task<Reply> AskAsync(EntityId entity, Command command, TimeSpan timeout, CancellationToken ct)
    {
        var reply = await SendAsync(entity, command, timeout, ct);
        return reply.BodyCase == Reply.BodyOneofCase.Failure ? throw new RefusedException(reply.Failure) : reply;
    }

    public Task<Reply> AskAsync(EntityId entity, Command command, CancellationToken ct) => AskAsync(entity, command, ApiTimes.Ask, ct);

    /// <summary>As <see cref="AskAsync(EntityId, Command, CancellationToken)"/>, but that there is no such thing is an answer.</summary>
    /// <exception cref="RefusedException">The entity, or what is between, refused otherwise.</exception>
    public async Task<Reply> ReadAsync(EntityId entity, Command command, CancellationToken ct)
    {
        var reply = await SendAsync(entity, command, ApiTimes.Ask, ct);
        return reply.Failure is { Code: not ErrorCode.NotFound } failure ? throw new RefusedException(failure) : reply;
    }

    /// <summary>By which owners refuse or take reads of one call; 0: by nothing.</summary>
    public uint DrawLot() => admission?.DrawLot(writes: false) ?? 0;

    /// <summary>The body that a command must be answered with. Another one is a bug: the caller learns that nothing certain is known.</summary>
    public static T Expect<T>(T? body, Reply reply)
        where T : class => body ?? throw new InvalidOperationException($"an entity answered {reply.BodyCase} where {typeof(T).Name} was due");

    private Task<Reply> SendAsync(EntityId entity, Command command, TimeSpan timeout, CancellationToken ct)
    {
        command.Entity = entity.ToString();
        command.TimeoutMs = (uint)timeout.TotalMilliseconds;
        admission?.Stamp(command);
        return entities.AskAsync(command, timeout, ct);
    }
}
