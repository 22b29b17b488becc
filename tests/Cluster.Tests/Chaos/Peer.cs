using System.Net;
using System.Net.Sockets;
using System.Text;

namespace AkkaHa.Cluster.Tests.Chaos;

/// <summary>One end of a connection in a test of the proxy: says lines and hears lines.</summary>
internal sealed class Peer(Socket socket) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(200);

    private readonly NetworkStream stream = new(socket, ownsSocket: true);

    /// <summary>Listens on a free port.</summary>
    public static (Socket Listener, int Port) Listen()
    {
        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        return (listener, ((IPEndPoint)listener.LocalEndPoint!).Port);
    }

    public static async Task<Peer> AcceptAsync(Socket listener)
    {
        using var patience = new CancellationTokenSource(Patience);
        return new Peer(await listener.AcceptAsync(patience.Token));
    }

    public static async Task<Peer> ConnectAsync(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, port);
        return new Peer(socket);
    }

    public static async Task<bool> IsRefusedAsync(int port)
    {
        try
        {
            using var connected = await ConnectAsync(port);
            return false;
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionRefused)
        {
            return true;
        }
    }

    public Task SayAsync(string text) => SayAsync(Encoding.ASCII.GetBytes(text));

    public Task SayAsync(byte[] bytes) => stream.WriteAsync(bytes).AsTask();

    public async Task<string> HearAsync(int length) => Encoding.ASCII.GetString(await HearBytesAsync(length));

    public async Task<byte[]> HearBytesAsync(int length)
    {
        using var patience = new CancellationTokenSource(Patience);
        var buffer = new byte[length];
        await stream.ReadExactlyAsync(buffer, patience.Token);
        return buffer;
    }

    /// <summary>Neither a byte nor an end comes for a moment. What does not come can only be waited for.</summary>
    public async Task<bool> HearsNothingAsync()
    {
        using var moment = new CancellationTokenSource(Moment);
        try
        {
            await socket.ReceiveAsync(new byte[1], SocketFlags.Peek, moment.Token);
            return false;
        }
        catch (OperationCanceledException)
        {
            return true;
        }
    }

    /// <summary>Waits for the end: true when it was a proper one, false when the connection was reset.</summary>
    public async Task<bool> EndsProperlyAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            return await socket.ReceiveAsync(new byte[1], patience.Token) == 0;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    public void Dispose() => stream.Dispose();
}
