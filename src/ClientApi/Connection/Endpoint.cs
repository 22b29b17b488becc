using System.Net.Sockets;
using AkkaHa.ClientApi.Connection.Pipelines;
using AkkaHa.Messages;
using Grpc.Core;
using Grpc.Net.Client;

namespace AkkaHa.ClientApi.Connection;

/// <summary>One node's address, the connection to it, and whether it failed of late.</summary>
internal sealed class Endpoint : IDisposable
{
    private static readonly TimeSpan FirstSuspicion = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestSuspicion = TimeSpan.FromSeconds(16);

    private readonly TimeProvider _time;
    private readonly GrpcChannel _channel;
    private readonly PipelinedInvoker? _pipelined;
    private readonly Lock _gate = new();
    private int _failures;
    private long _failedAt;
    private long _answeredAt;

    public Endpoint(string address, AkkaHaClientOptions options)
    {
        Address = address;
        _time = options.TimeProvider;
        _channel = GrpcChannel.ForAddress(address, new GrpcChannelOptions
        {
            HttpHandler = Handler(options),
            DisposeHttpClient = true,
            MaxSendMessageSize = Limits.ClientMessageBytes,
            MaxReceiveMessageSize = Limits.ClientMessageBytes,
            LoggerFactory = options.LoggerFactory,
        });
        Invoker = options.Pipelining ? _pipelined = new PipelinedInvoker(_channel.CreateCallInvoker(), options.TimeProvider) : _channel.CreateCallInvoker();
    }

    public string Address { get; }

    public CallInvoker Invoker { get; }

    /// <summary>
    /// Failed a moment ago: others go first. Each failure in a row doubles the moment, since an advertised address may never be reachable from here;
    /// calls that fail together are one failure.
    /// </summary>
    public bool IsSuspect
    {
        get
        {
            lock (_gate)
            {
                if (_failures == 0) return false;
                var suspicion = FirstSuspicion * Math.Pow(2, Math.Min(_failures - 1, 8));
                return _time.GetElapsedTime(_failedAt) < (suspicion < LongestSuspicion ? suspicion : LongestSuspicion);
            }
        }
    }

    /// <param name="sentAt">When the attempt went out.</param>
    public void Failed(long sentAt)
    {
        lock (_gate)
        {
            if (_failures == 0 || sentAt > _failedAt) _failures++;
            _failedAt = _time.GetTimestamp();
        }
    }

    public void Answered()
    {
        lock (_gate)
        {
            _failures = 0;
            _answeredAt = _time.GetTimestamp();
        }
    }

    /// <summary>An attempt had no answer in time. A node that has answered others since then is not the reason: it waits for another node itself.</summary>
    /// <param name="sentAt">When the attempt went out.</param>
    public void TimedOut(long sentAt)
    {
        lock (_gate)
            if (_answeredAt > sentAt) return;
        Failed(sentAt);
    }

    public void Dispose()
    {
        _pipelined?.Dispose();
        _channel.Dispose();
    }

    private static SocketsHttpHandler Handler(AkkaHaClientOptions options)
    {
        var handler = new SocketsHttpHandler
        {
            EnableMultipleHttp2Connections = true,
            PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,
            // A peer that vanished without a word (power, cable) is noticed under an open call, also a long wait for a lock.
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
            KeepAlivePingDelay = TimeSpan.FromSeconds(1),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(2),
            UseProxy = false,
            ConnectCallback = async (context, cancel) =>
            {
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                // The handler's own ConnectTimeout looks like a cancelled request; this looks like what it is: nothing was sent.
                using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancel);
                timeout.CancelAfter(options.ConnectTimeout);
                try
                {
                    await socket.ConnectAsync(context.DnsEndPoint, timeout.Token);
                    return new NetworkStream(socket, ownsSocket: true);
                }
                catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
                {
                    socket.Dispose();
                    throw new SocketException((int)SocketError.TimedOut);
                }
                catch
                {
                    socket.Dispose();
                    throw;
                }
            },
        };
        options.ConfigureHttp?.Invoke(handler);
        return handler;
    }
}
