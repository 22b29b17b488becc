using AkkaHa.ClientApi.Connection;
using AkkaHa.Messages;
using Microsoft.Extensions.Logging;
using Wire = AkkaHa.Messages.V1;

namespace AkkaHa.ClientApi.Sessions;

/// <summary>The client's one session: made when first needed, and made anew when needed after a loss.</summary>
internal sealed class SessionSource(CallRepeater calls, RequestIds ids, AkkaHaClientOptions options)
{
    private readonly TimeProvider _time = options.TimeProvider;
    private readonly ILogger _logger = options.LoggerFactory.CreateLogger("AkkaHa.ClientApi.Session");
    private readonly Lock _gate = new();
    private Task<LiveSession>? _current;
    private bool _closed;

    /// <summary>A session that is not lost. All who ask at the same time get the same one; cancelling stops the waiting, not the making.</summary>
    public Task<LiveSession> GetAsync(CancellationToken cancel)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_closed, typeof(AkkaHaClient));
            if (_current is null or { IsFaulted: true } or { IsCanceled: true } || _current is { IsCompletedSuccessfully: true, Result.IsLost: true })
                _current = Task.Run(CreateAsync, CancellationToken.None);
            return _current.WaitAsync(cancel);
        }
    }

    /// <summary>A server said that this session has ended. If it is the client's own, all that hangs on it is lost.</summary>
    public void HasEnded(SessionId id, string why)
    {
        Task<LiveSession>? current;
        lock (_gate) current = _current;
        if (current is { IsCompletedSuccessfully: true } && current.Result.Id.Text == id.Text) current.Result.Lose(why);
    }

    /// <summary>Ends the session, here first, then at the server. Never throws.</summary>
    public async Task CloseAsync()
    {
        Task<LiveSession>? current;
        lock (_gate)
        {
            _closed = true;
            current = _current;
        }
        if (current is null) return;
        using var timeout = new CancellationTokenSource(options.CloseTimeout, _time);
        try
        {
            var session = await current.WaitAsync(timeout.Token);
            if (session.Lose("the client closes it")) await CloseAsync(calls, ids, session.Id.Text, timeout.Token);
        }
        catch (Exception e)
        {
            _logger.LogDebug(e, "The session could not be closed and will run out by itself");
        }
    }

    /// <summary>A session of somebody else's, as this client may rely on it: from a keepalive now, and for its time to live after that and after those that are sent while it waits.</summary>
    public async Task<LiveSession> AdoptAsync(SessionId id, CancellationToken cancel)
    {
        var answer = await KeepAliveAsync(id, cancel);
        return new LiveSession(id.Text, TimeSpan.FromSeconds(answer.Value.TtlSeconds), answer.SentAt, _time, _logger) { WhileWaiting = new KeepAlive(calls, options, _logger, isOwn: false) };
    }

    /// <summary>One keepalive for any session.</summary>
    public Task<Answer<Wire.KeepAliveResponse>> KeepAliveAsync(SessionId id, CancellationToken cancel) => new KeepAlive(calls, options, _logger).SendAsync(id.Text, options.SessionTtl, 0, cancel);

    /// <summary>Ends any session.</summary>
    public static async Task CloseAsync(CallRepeater calls, RequestIds ids, string sessionId, CancellationToken cancel)
    {
        var mutation = await ids.NewMutationAsync(cancel);
        await calls.MutateAsync(
            new Call<Wire.CloseSessionResponse>("close session", CallShard.OfSession(sessionId), (invoker, call, attempt) => new Wire.Sessions.SessionsClient(invoker)
                .CloseAsync(new Wire.CloseSessionRequest { SessionId = sessionId, RequestId = mutation.Id, Attempt = attempt }, call)),
            mutation,
            cancel);
    }

    /// <summary>Makes a session.</summary>
    public static async Task<Wire.CreateSessionResponse> CreateAsync(CallRepeater calls, Mutation mutation, TimeSpan ttl, string label, CancellationToken cancel) =>
        (await calls.MutateAsync(
            new Call<Wire.CreateSessionResponse>("create session", CallShard.OfNewSession(mutation.Id), (invoker, call, attempt) => new Wire.Sessions.SessionsClient(invoker)
                .CreateAsync(new Wire.CreateSessionRequest { TtlSeconds = ttl.TotalSeconds, Label = label, RequestId = mutation.Id, Attempt = attempt }, call)),
            mutation,
            cancel)).Value;

    private async Task<LiveSession> CreateAsync()
    {
        var keepAlive = new KeepAlive(calls, options, _logger);
        var mutation = await ids.NewMutationAsync(CancellationToken.None);
        var created = await CreateAsync(calls, mutation, options.SessionTtl, options.Label, CancellationToken.None);
        var ttl = TimeSpan.FromSeconds(created.TtlSeconds);
        // An unanswered first attempt may be the one that made it, so its life counts from there.
        var aliveAt = mutation.FirstSentAt;
        if (_time.GetElapsedTime(aliveAt) > ttl / 3)
        {
            var answer = await keepAlive.SendAsync(created.SessionId, ttl, 0, CancellationToken.None);
            (aliveAt, ttl) = (answer.SentAt, TimeSpan.FromSeconds(answer.Value.TtlSeconds));
        }
        var session = new LiveSession(created.SessionId, ttl, aliveAt, _time, _logger);
        _logger.LogInformation("Session {Session} is open, time to live {Ttl}", session.Id, ttl);
        _ = keepAlive.RunAsync(session);
        return session;
    }
}
