using System.Net.Sockets;

namespace AkkaHa.Node.Detection;

/// <summary>Knocks at a port.</summary>
internal static class PortProbe
{
    /// <summary>True only when the connection was refused: nobody listens there. A silence, or any other error, says nothing.</summary>
    public static async Task<bool> IsRefusedAsync(string host, int port, TimeSpan timeout)
    {
        using var patience = new CancellationTokenSource(timeout);
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(host, port, patience.Token);
            return false;
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode == SocketError.ConnectionRefused;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
