using System.Net.Sockets;

namespace AkkaHa.Chaos.Proxies;

/// <summary>What a connection passes through: on the way to the upstream, and on the way back.</summary>
readonly record struct Route(Direction Forth, Direction Back);

/// <summary>A connection whose two ends are known.</summary>
/// <param name="Route">What it passes through.</param>
/// <param name="First">What had to be read of it to know that; it is still to be passed on.</param>
readonly record struct Opening(Route Route, ReadOnlyMemory<byte> First);

/// <summary>Finds out who is at the other end of a new connection.</summary>
delegate ValueTask<Opening> Recognize(Socket connection, CancellationToken ct);
