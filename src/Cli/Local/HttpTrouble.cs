using System.Net.Sockets;

namespace AkkaHa.Cli.Local;

/// <summary>What an HttpClient throws where no answer came.</summary>
public static class HttpTrouble
{
    /// <summary>Apart from the end of the caller's patience. A SocketException comes through as it is where a connection is reset just when it was made.</summary>
    public static bool IsNoAnswer(Exception e) => e is HttpRequestException or SocketException;
}
