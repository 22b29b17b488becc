using System.Globalization;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;
using AkkaHa.Node.Api.Errors;
using Grpc.Core;

namespace AkkaHa.Node.Api.Sessions;

/// <summary>Sessions over gRPC and HTTP. A session id names its slot; a new session goes where its request id says, so that a repeat meets the first.</summary>
internal sealed class SessionsService(EntityCalls calls) : Messages.V1.Sessions.SessionsBase
{
    public override async Task<CreateSessionResponse> Create(CreateSessionRequest request, ServerCallContext context)
    {
        Refusals.ThrowIf(SessionValidation.Check(request));
        (request.RequestId, request.Attempt) = (RequestIds.OrNew(request.RequestId), RequestIds.Attempt(request.Attempt));
        if (!request.HasTtlSeconds) request.TtlSeconds = Limits.SessionTtlDefaultSeconds;
        var slot = calls.Shards.SessionSlotFor(request.RequestId);
        var id = SessionId.Create(int.Parse(slot.Name, CultureInfo.InvariantCulture), Guid.CreateVersion7());
        var command = new Command
        {
            RequestId = request.RequestId,
            Attempt = request.Attempt,
            CreateSession = new CreateSession { Request = request, SessionId = id.Text },
        };
        var reply = await calls.AskAsync(slot, command, context.CancellationToken);
        return EntityCalls.Expect(reply.CreateSession, reply);
    }

    public override async Task<KeepAliveResponse> KeepAlive(KeepAliveRequest request, ServerCallContext context)
    {
        Refusals.ThrowIf(SessionValidation.Check(request, calls.Shards));
        var reply = await calls.AskAsync(SlotOf(request.SessionId), new Command { KeepAlive = request }, context.CancellationToken);
        return EntityCalls.Expect(reply.KeepAlive, reply);
    }

    public override async Task<SessionState> Get(GetSessionRequest request, ServerCallContext context)
    {
        Refusals.ThrowIf(SessionValidation.Check(request, calls.Shards));
        var reply = await calls.AskAsync(SlotOf(request.SessionId), new Command { GetSession = request }, context.CancellationToken);
        return EntityCalls.Expect(reply.Session, reply);
    }

    public override Task<ListSessionsResponse> List(ListSessionsRequest request, ServerCallContext context)
    {
        Refusals.ThrowIf(SessionValidation.Check(request, calls.Shards));
        return SessionsQuery.RunAsync(calls, request, context.CancellationToken);
    }

    public override async Task<CloseSessionResponse> Close(CloseSessionRequest request, ServerCallContext context)
    {
        Refusals.ThrowIf(SessionValidation.Check(request, calls.Shards));
        (request.RequestId, request.Attempt) = (RequestIds.OrNew(request.RequestId), RequestIds.Attempt(request.Attempt));
        var command = new Command { RequestId = request.RequestId, Attempt = request.Attempt, CloseSession = request };
        var reply = await calls.AskAsync(SlotOf(request.SessionId), command, context.CancellationToken);
        return EntityCalls.Expect(reply.CloseSession, reply);
    }

    // Validated before.
    private static EntityId SlotOf(string sessionId) => SessionId.TryParse(sessionId, out var id) ? id.Entity : throw new InvalidOperationException($"'{sessionId}' was not validated");
}
