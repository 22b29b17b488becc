using System.Data.Common;
using System.Net.Sockets;
using Google.Protobuf;

namespace AkkaHa.Node.Storage;

/// <summary>What the drivers throw when a database can't be reached or does not do what it is told.</summary>
internal static class DatabaseFault
{
    public static bool Is(Exception e) => e is DbException or SocketException or TimeoutException or IOException and not InvalidProtocolBufferException;
}
