using System.Runtime.CompilerServices;
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
    // As with locks: a node answers within 5 s, if only that it can't.
    private static readonly TimeSpan NodePatience = TimeSpan.FromSeconds(6);

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

    /// <summary>
    /// Makes another session, which the client neither keeps alive nor closes: for locks and keys that shall outlive it, as a script's do. It ends by <see cref="CloseAsync"/>, or when <see cref="KeepAliveAsync"/> was not called for
    /// its time to live.
    /// </summary>
    /// <param name="ttl">2 s to 3,600 s.</param>
    /// <param name="label">Who it is, as others see it; up to 128 UTF-8 bytes.</param>
    /// <param name="cancellationToken">Gives the call up; if it was made, it runs out by itself.</param>
    /// <exception cref="UnavailableException">Not made.</exception>
    /// <exception cref="OutcomeUnknownException">Made or not; if it was, it runs out by itself.</exception>
    /// <exception cref="InvalidArgumentException">A bad time to live or label.</exception>
    public async Task<SessionId> CreateAsync(TimeSpan ttl, string label = "", CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(label);
        var created = await SessionSource.CreateAsync(_calls, await _ids.NewMutationAsync(cancellationToken), ttl, label, cancellationToken);
        return SessionId.TryParse(created.SessionId, out var id) ? id : new SessionId(-1, created.SessionId);
    }

    /// <summary>Starts the time to live of a session again, and says how long it is. The client's own needs none.</summary>
    /// <exception cref="SessionExpiredException">It has ended.</exception>
    /// <exception cref="UnavailableException">No node could answer in time.</exception>
    public async Task<TimeSpan> KeepAliveAsync(SessionId id, CancellationToken cancellationToken = default)
    {
        Require.Id("sessionId", id.Text);
        return TimeSpan.FromSeconds((await _own.KeepAliveAsync(id, cancellationToken)).Value.TtlSeconds);
    }

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
        return SessionState.From(state);
    }

    /// <summary>
    /// All sessions that live, of all clients, a page after another as they are asked for; each as of some moment during the enumeration, and without its locks: those are in <see cref="GetAsync"/>.
    /// </summary>
    /// <param name="pageSize">How many come in one answer at most, 1 to 1,000.</param>
    /// <param name="cancellationToken">Gives the list up.</param>
    /// <exception cref="UnavailableException">Not all of the cluster could answer in time.</exception>
    /// <exception cref="InvalidArgumentException">A bad page size.</exception>
    public async IAsyncEnumerable<SessionState> ListAsync(int pageSize = Limits.ListPageDefault, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var after = "";
        do
        {
            var request = new Wire.ListSessionsRequest { After = after, Limit = pageSize };
            var page = (await _calls.ReadAsync(
                new Call<Wire.ListSessionsResponse>("list sessions", _ => null, (invoker, call, _) => new Wire.Sessions.SessionsClient(invoker).ListAsync(request, call)) { LeastAttemptTimeout = NodePatience },
                cancellationToken)).Value;
            foreach (var state in page.Sessions) yield return SessionState.From(state);
            after = page.Next;
        }
        while (after.Length > 0);
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
