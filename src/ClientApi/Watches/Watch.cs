using AkkaHa.ClientApi.Connection;
using AkkaHa.ClientApi.Errors;
using Microsoft.Extensions.Logging;

namespace AkkaHa.ClientApi.Watches;

/// <summary>
/// One enumeration of a watch, over as many connections as it takes. Each begins after the last position that was read, of an event or a
/// heartbeat: so nothing is left out and nothing comes twice. Messages are taken from the connection as they are asked for, so none pile up here.
/// </summary>
internal sealed class Watch<TMessage>(EndpointPool endpoints, OwnerRing ring, AkkaHaClientOptions client, WatchCall<TMessage> call, WatchPosition? from, WatchOptions options, CancellationToken stop) : IDisposable
    where TMessage : class
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    private readonly TimeProvider _time = client.TimeProvider;
    private readonly ILogger _logger = client.LoggerFactory.CreateLogger("AkkaHa.ClientApi.Watch");
    private string _position = from?.Text ?? "";
    private WatchConnection<TMessage>? _connection;
    private Endpoint? _last;
    private Backoff _backoff = new(FirstPause, LongestPause);
    private long? _brokenAt;

    /// <summary>The next event or heartbeat, however many breaks lie before it.</summary>
    /// <exception cref="UnavailableException">No node served it for as long as the options say.</exception>
    public async Task<TMessage> NextAsync()
    {
        while (true)
        {
            _connection ??= await ConnectAsync();
            var (message, failure) = await _connection.NextAsync();
            if (message is not null)
            {
                _brokenAt = null;
                if (call.PositionOf(message) is { Length: > 0 } position) _position = position;
                return message;
            }
            await RecoverAsync(_connection, failure!);
        }
    }

    public void Dispose() => _connection?.Dispose();

    private async Task<WatchConnection<TMessage>> ConnectAsync()
    {
        // For the other nodes that it names; a watch belongs to none of them.
        await ring.CurrentAsync(stop);
        stop.ThrowIfCancellationRequested();
        return new WatchConnection<TMessage>(endpoints.Choose(owner: null, _last), call, _position, options.SilenceTimeout, _time, stop);
    }

    private async Task RecoverAsync(WatchConnection<TMessage> broken, AttemptFailure failure)
    {
        _connection = null;
        _last = broken.Endpoint;
        broken.Dispose();
        if (failure.Verdict == AttemptVerdict.Refused) throw failure.Error;
        // A node that cuts a slow reader off says where it stopped; it matters only to one who has read nothing yet.
        if (_position.Length == 0 && failure.Error.Details.Text("position") is { Length: > 0 } position) _position = position;
        if (broken.Heard)
        {
            _backoff = new Backoff(FirstPause, LongestPause);
            _logger.LogInformation("The watch at {Endpoint} broke after position {Position} ({Why}); going on elsewhere", broken.Endpoint.Address, _position, failure.Error.Message);
        }
        ring.Refresh();
        var brokenAt = _brokenAt ??= _time.GetTimestamp();
        var pause = _backoff.Next();
        if (options.GiveUpAfter != Timeout.InfiniteTimeSpan && _time.GetElapsedTime(brokenAt) + pause >= options.GiveUpAfter)
            throw new UnavailableException($"watch: no node served it for {options.GiveUpAfter.TotalSeconds:0.###} s ({failure.Error.Message}); go on from position '{_position}'", inner: failure.Error);
        await Task.Delay(pause, _time, stop);
    }
}
