using AkkaHa.ClientApi.Connection;
using AkkaHa.ClientApi.Errors;
using Microsoft.Extensions.Logging;
using Wire = AkkaHa.Messages.V1;

namespace AkkaHa.ClientApi.Keys;

/// <summary>
/// One enumeration of a watch, over as many connections as it takes. Each begins after the last position that was read, of an event or a
/// heartbeat: so nothing is left out and nothing comes twice. Messages are taken from the connection as they are asked for, so none pile up here.
/// </summary>
internal sealed class KeyWatch(EndpointPool endpoints, OwnerRing ring, AkkaHaClientOptions client, Wire.WatchRequest request, WatchOptions options, CancellationToken stop) : IDisposable
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    private readonly TimeProvider _time = client.TimeProvider;
    private readonly ILogger _logger = client.LoggerFactory.CreateLogger("AkkaHa.ClientApi.Watch");
    private readonly Wire.WatchRequest _request = request.Clone();
    private WatchConnection? _connection;
    private Endpoint? _last;
    private Backoff _backoff = new(FirstPause, LongestPause);
    private long? _brokenAt;

    /// <summary>The next event, however many breaks lie before it.</summary>
    /// <exception cref="UnavailableException">No node served it for as long as the options say.</exception>
    public async Task<KeyEvent> NextEventAsync()
    {
        while (true)
        {
            var message = await NextMessageAsync();
            if (message.HasKey) return KeyEvent.From(message);
            options.Progress?.Invoke(new WatchPosition(message.Position));
        }
    }

    /// <summary>The next event or heartbeat.</summary>
    public async Task<Wire.WatchEvent> NextMessageAsync()
    {
        while (true)
        {
            _connection ??= await ConnectAsync();
            var (message, failure) = await _connection.NextAsync();
            if (message is not null)
            {
                _brokenAt = null;
                if (message.Position.Length > 0) _request.From = message.Position;
                return message;
            }
            await RecoverAsync(_connection, failure!);
        }
    }

    public void Dispose() => _connection?.Dispose();

    private async Task<WatchConnection> ConnectAsync()
    {
        // For the other nodes that it names; a watch belongs to none of them.
        await ring.CurrentAsync(stop);
        stop.ThrowIfCancellationRequested();
        return new WatchConnection(endpoints.Choose(owner: null, _last), _request, options.SilenceTimeout, _time, stop);
    }

    private async Task RecoverAsync(WatchConnection broken, AttemptFailure failure)
    {
        _connection = null;
        _last = broken.Endpoint;
        broken.Dispose();
        if (failure.Verdict == AttemptVerdict.Refused) throw failure.Error;
        // A node that cuts a slow reader off says where it stopped; it matters only to one who has read nothing yet.
        if (_request.From.Length == 0 && failure.Error.Details.Text("position") is { Length: > 0 } position) _request.From = position;
        if (broken.Heard)
        {
            _backoff = new Backoff(FirstPause, LongestPause);
            _logger.LogInformation("The watch at {Endpoint} broke after position {Position} ({Why}); going on elsewhere", broken.Endpoint.Address, _request.From, failure.Error.Message);
        }
        ring.Refresh();
        var brokenAt = _brokenAt ??= _time.GetTimestamp();
        var pause = _backoff.Next();
        if (options.GiveUpAfter != Timeout.InfiniteTimeSpan && _time.GetElapsedTime(brokenAt) + pause >= options.GiveUpAfter)
            throw new UnavailableException($"watch: no node served it for {options.GiveUpAfter.TotalSeconds:0.###} s ({failure.Error.Message}); go on from position '{_request.From}'", inner: failure.Error);
        await Task.Delay(pause, _time, stop);
    }
}
