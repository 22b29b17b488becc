using System.Net.Sockets;

namespace AkkaHa.Chaos.Proxies;

/// <summary>Passes the bytes of one connection on, both ways, each through its direction.</summary>
static class Relay
{
    private const int PieceBytes = 64 * 1024;

    /// <summary>Runs until both ends are done. Does not throw for what ends a connection.</summary>
    public static Task RunAsync(Socket near, Socket far, Opening opening, CancellationToken ct) => Task.WhenAll(
        CopyAsync(near, far, opening.First, opening.Route.Forth, opening.Route.Back, ct),
        CopyAsync(far, near, ReadOnlyMemory<byte>.Empty, opening.Route.Back, opening.Route.Forth, ct));

    /// <summary>Ends a connection as a crashed process or a broken line does.</summary>
    public static void Reset(Socket socket)
    {
        try
        {
            socket.LingerState = new LingerOption(true, 0);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // It is over already.
        }
        socket.Dispose();
    }

    private static async Task CopyAsync(Socket from, Socket to, ReadOnlyMemory<byte> first, Direction direction, Direction opposite, CancellationToken ct)
    {
        try
        {
            if (!first.IsEmpty && !await SendAsync(to, first, direction, opposite, from, ct)) return;
            var buffer = new byte[PieceBytes];
            while (true)
            {
                // A held direction does not even read: who sends finds his window full, as he would with a partition.
                await direction.PassAsync(ct);
                var length = await ReceiveAsync(from, buffer, ct);
                if (length is null)
                {
                    // That it broke is news too, and travels this way.
                    await direction.PassAsync(ct);
                    Reset(to);
                    return;
                }
                if (!await SendAsync(to, buffer.AsMemory(0, length.Value), direction, opposite, from, ct) || length == 0) return;
            }
        }
        catch (OperationCanceledException)
        {
            Reset(from);
            Reset(to);
        }
    }

    private static async Task<int?> ReceiveAsync(Socket from, byte[] buffer, CancellationToken ct)
    {
        try
        {
            return await from.ReceiveAsync(buffer, ct);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return null;
        }
    }

    /// <summary>Sends one piece; an empty one is the end. False: there is nobody any more, or the line broke.</summary>
    private static async Task<bool> SendAsync(Socket to, ReadOnlyMemory<byte> piece, Direction direction, Direction opposite, Socket from, CancellationToken ct)
    {
        if (!await direction.CarryAsync(ct))
        {
            Reset(from);
            Reset(to);
            return false;
        }
        try
        {
            if (piece.IsEmpty) to.Shutdown(SocketShutdown.Send);
            while (!piece.IsEmpty) piece = piece[await to.SendAsync(piece, ct)..];
            return true;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The sender hears of it from the other end, so not while that way is held.
            await opposite.PassAsync(ct);
            Reset(from);
            return false;
        }
    }
}
