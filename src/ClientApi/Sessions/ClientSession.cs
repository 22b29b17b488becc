using AkkaHa.ClientApi.Sessions;
using AkkaHa.Messages;

namespace AkkaHa.ClientApi;

/// <summary>
/// The client's own session, which it keeps alive for as long as it lives. Its locks hang on it, and so do keys that were put with its
/// <see cref="Id"/>. When it is lost, they are (or soon will be) gone: get another, and put them again.
/// </summary>
public sealed class ClientSession
{
    private readonly LiveSession _session;

    internal ClientSession(LiveSession session) => _session = session;

    /// <summary>Its id: for <see cref="PutOptions.Session"/>, or for others to look it up.</summary>
    public SessionId Id => _session.Id;

    /// <summary>How long it outlives the client when that falls silent.</summary>
    public TimeSpan Ttl => _session.Ttl;

    /// <summary>
    /// Cancelled when it can't be relied on any more: before the servers end it because keepalives are not answered (a tenth of its time to live before, 250 ms
    /// at least), at once when a server says that it has ended, and when the client is disposed.
    /// </summary>
    public CancellationToken LostToken => _session.LostToken;

    /// <summary>Whether it is lost, by the clock: true also when a stalled process has not got round to cancelling <see cref="LostToken"/> yet.</summary>
    public bool IsLost => _session.IsLost;

    /// <summary>A server said so: the next that is asked for is another.</summary>
    internal void HasEnded(string why) => _session.Lose(why);
}
