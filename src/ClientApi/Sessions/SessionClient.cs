using AkkaHa.ClientApi.Connection;
using AkkaHa.ClientApi.Errors;
using AkkaHa.ClientApi.Sessions;
using AkkaHa.Messages;
using Wire = AkkaHa.Messages.V1;

namespace AkkaHa.ClientApi;

/// <summary>
/// Sessions: a client's lease on all that it holds. The client keeps one for itself, made when first needed; touch it only to
/// have keys hang on it.
/// </summary>
public sealed class SessionClient
{
    private readonly CallRepeater _calls;
    private readonly RequestIds _ids;
    private readonly SessionSource _own;

    internal SessionClient(CallRepeater calls, RequestIds ids, SessionSource own)
    {
        _calls = calls;
        _ids = ids;
        _own = own;
    }

    /// <summary>This client's own session, which is made if there is none; after a loss it is another.</summary>
    /// <exception cref="UnavailableException">No node could be reached in time.</exception>
    /// <exception cref="OutcomeUnknownException">Not answered for certain in time; if it was made, it runs out by itself.</exception>
    public async Task<ClientSession> GetOwnAsync(CancellationToken cancellationToken = default) => new(await _own.GetAsync(cancellationToken));

    /// <summary>The id of this client's own session, which is made if there is none; after a loss it is another.</summary>
    /// <exception cref="UnavailableException">No node could be reached in time.</exception>
    /// <exception cref="OutcomeUnknownException">Not answered for certain in time; if it was made, it runs out by itself.</exception>
    public async Task<SessionId> GetOwnIdAsync(CancellationToken cancellationToken = default) => (await _own.GetAsync(cancellationToken)).Id;

    /// <summary>Looks at a session. Looking does not keep it alive.</summary>
    /// <exception cref="SessionExpiredException">It has ended.</exception>
    /// <exception cref="UnavailableException">No node could answer in time.</exception>
    public async Task<SessionState> GetAsync(SessionId id, CancellationToken cancellationToken = default)
    {
        Require.Id("sessionId", id.Text);
        var request = new Wire.GetSessionRequest { SessionId = id.Text };
        var state = (await _calls.ReadAsync(
            new Call<Wire.SessionState>("get session", CallShard.OfSession(id.Text), (invoker, call, _) => new Wire.Sessions.SessionsClient(invoker).GetAsync(request, call)),
            cancellationToken)).Value;
        return new SessionState(id, TimeSpan.FromSeconds(state.TtlSeconds), TimeSpan.FromSeconds(state.RemainingSeconds), state.Label, [.. state.Locks]);
    }

    /// <summary>Ends a session, anybody's, and releases all it holds. Durable when this returns; its locks follow within moments.</summary>
    /// <exception cref="SessionExpiredException">It had ended before.</exception>
    /// <exception cref="UnavailableException">It was not closed.</exception>
    /// <exception cref="OutcomeUnknownException">It may have been closed.</exception>
    public Task CloseAsync(SessionId id, CancellationToken cancellationToken = default)
    {
        Require.Id("sessionId", id.Text);
        return SessionSource.CloseAsync(_calls, _ids, id.Text, cancellationToken);
    }
}
