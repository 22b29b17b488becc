using System.Net;
using System.Net.Sockets;

namespace AkkaHa.Chaos.Proxies;

/// <summary>
/// Stands before one port of 127.0.0.1. It listens only while its upstream does (<see cref="Upstreams"/>), because a refused connection is evidence of
/// a crash to those who connect: a proxy that accepts for a dead process would hide it, one that refuses for a live one would invent it.
/// </summary>
sealed class Proxy(int port, int upstream, Recognize recognize) : IDisposable
{
    private const int Backlog = 512;

    private readonly CancellationTokenSource stop = new();
    private readonly Lock gate = new();
    private Socket? listener;

    public int Port => port;

    public int Upstream => upstream;

    public bool IsOpen
    {
        get
        {
            lock (gate) return listener is not null;
        }
    }

    /// <summary>Accepts connections from now on.</summary>
    public void Open()
    {
        lock (gate)
        {
            if (listener is not null || stop.IsCancellationRequested) return;
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
                socket.Listen(Backlog);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
            listener = socket;
            _ = AcceptAsync(socket);
        }
    }

    /// <summary>Refuses connections from now on; those that are open go on.</summary>
    public void Close()
    {
        lock (gate)
        {
            listener?.Dispose();
            listener = null;
        }
    }

    public void Dispose()
    {
        Close();
        stop.Cancel();
    }

    private async Task AcceptAsync(Socket on)
    {
        while (true)
        {
            try
            {
                var connection = await on.AcceptAsync(stop.Token);
                _ = ServeAsync(connection);
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
            {
                return;
            }
        }
    }

    private async Task ServeAsync(Socket near)
    {
        using var far = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            near.NoDelay = true;
            var opening = await recognize(near, stop.Token);
            await opening.Route.Forth.PassAsync(stop.Token);
            try
            {
                await far.ConnectAsync(IPAddress.Loopback, upstream, stop.Token);
            }
            catch (SocketException)
            {
                // It has died since; the next one shall be refused outright.
                Close();
                return;
            }
            await Relay.RunAsync(near, far, opening, stop.Token);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException or InvalidDataException)
        {
            // Gone before it said who it is, or it is none of ours.
        }
        finally
        {
            Relay.Reset(near);
        }
    }
}
