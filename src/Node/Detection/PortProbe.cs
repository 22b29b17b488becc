using System.Net.Sockets;

namespace AkkaHa.Node.Detection;

/// <summary>What knocking at a port brought.</summary>
internal enum PortAnswer
{
    /// <summary>A silence, or an error that says nothing.</summary>
    None,

    /// <summary>Somebody listens there.</summary>
    Accepted,

    /// <summary>Nobody listens there.</summary>
    Refused,
}

/// <summary>Knocks at a port.</summary>
internal static class PortProbe
{
    /// <summary>Knocks once. A connection that comes about is closed at once.</summary>
    public static async Task<PortAnswer> KnockAsync(string host, int port, TimeSpan timeout)
    {
        using var patience = new CancellationTokenSource(timeout);
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(host, port, patience.Token);
            return PortAnswer.Accepted;
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode == SocketError.ConnectionRefused ? PortAnswer.Refused : PortAnswer.None;
        }
        catch (OperationCanceledException)
        {
            return PortAnswer.None;
        }
    }
}
