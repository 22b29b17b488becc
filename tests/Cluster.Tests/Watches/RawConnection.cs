using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using AkkaHa.Messages.V1;
using Google.Protobuf;

namespace AkkaHa.Cluster.Tests.Watches;

/// <summary>
/// A hundred watches over one connection, with HTTP/2 and gRPC spoken by hand, as little of it as it takes: on a machine that nodes and clients share, what the client costs is taken from the nodes.
/// A stream that ends is gone on with in another one, from its last position.
/// </summary>
internal sealed class RawConnection : IAsyncDisposable
{
    public const int Streams = 100;

    private const int FrameHeader = 9;
    private const int WindowBytes = int.MaxValue - 65_535;
    private static readonly TimeSpan AgainAfter = TimeSpan.FromMilliseconds(300);

    private readonly TcpClient tcp = new() { NoDelay = true };
    private readonly Uri address;
    private readonly Dictionary<int, RawWatch> byStream = [];
    private readonly SemaphoreSlim writing = new(1);
    private readonly CancellationTokenSource stop = new();
    private NetworkStream? stream;
    private Task reading = Task.CompletedTask;
    private int nextStream = 1;
    private int ended;

    private RawConnection(Uri address) => this.address = address;

    /// <summary>How many times a stream has ended.</summary>
    public int Ended => Volatile.Read(ref ended);

    /// <summary>Why the connection can't be used any more; null: it can.</summary>
    public Exception? Broken { get; private set; }

    public static async Task<RawConnection> OpenAsync(string url, IEnumerable<RawWatch> watches)
    {
        var connection = new RawConnection(new Uri(url));
        await connection.tcp.ConnectAsync(connection.address.Host, connection.address.Port);
        connection.stream = connection.tcp.GetStream();
        var first = new MemoryStream();
        first.Write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8);
        // Windows so large that none has to be renewed: nothing here takes its time.
        Frame(first, type: 4, flags: 0, id: 0, [0, 4, 0x7F, 0xFF, 0xFF, 0xFF]);
        var window = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(window, WindowBytes);
        Frame(first, type: 8, flags: 0, id: 0, window);
        foreach (var watch in watches) connection.Request(first, watch);
        await connection.stream.WriteAsync(first.ToArray());
        connection.reading = Task.Run(connection.ReadAsync);
        return connection;
    }

    private void Request(MemoryStream to, RawWatch watch)
    {
        int id;
        lock (byStream)
        {
            (id, nextStream) = (nextStream, nextStream + 2);
            byStream[id] = watch;
        }
        var headers = new MemoryStream();
        headers.Write([0x83, 0x86]);
        Header(headers, [0x04], "/akkaha.v1.Keys/Watch");
        Header(headers, [0x01], address.Authority);
        Header(headers, [0x0F, 0x10], "application/grpc");
        Header(headers, [0x00, 2, (byte)'t', (byte)'e'], "trailers");
        Frame(to, type: 1, flags: 4, id, headers.ToArray());
        var request = new WatchRequest { Prefix = watch.Prefix, From = watch.Position }.ToByteArray();
        var message = new byte[5 + request.Length];
        BinaryPrimitives.WriteInt32BigEndian(message.AsSpan(1), request.Length);
        request.CopyTo(message, 5);
        Frame(to, type: 0, flags: 1, id, message);
    }

    private static void Header(MemoryStream to, ReadOnlySpan<byte> name, string value)
    {
        to.Write(name);
        to.WriteByte((byte)value.Length);
        to.Write(Encoding.ASCII.GetBytes(value));
    }

    private static void Frame(MemoryStream to, byte type, byte flags, int id, ReadOnlySpan<byte> payload)
    {
        Span<byte> header = [(byte)(payload.Length >> 16), (byte)(payload.Length >> 8), (byte)payload.Length, type, flags, 0, 0, 0, 0];
        BinaryPrimitives.WriteInt32BigEndian(header[5..], id);
        to.Write(header);
        to.Write(payload);
    }

    private async Task ReadAsync()
    {
        try
        {
            var (buffer, filled) = (new byte[64 * 1024], 0);
            while (true)
            {
                var read = await stream!.ReadAsync(buffer.AsMemory(filled), stop.Token);
                if (read == 0) throw new IOException("the node has closed the connection");
                filled += read;
                var at = 0;
                while (filled - at >= FrameHeader && ((buffer[at] << 16) | (buffer[at + 1] << 8) | buffer[at + 2]) is var length && filled - at >= FrameHeader + length)
                {
                    Take(buffer[at + 3], buffer[at + 4], BinaryPrimitives.ReadInt32BigEndian(buffer.AsSpan(at + 5)) & int.MaxValue, buffer.AsSpan(at + FrameHeader, length));
                    at += FrameHeader + length;
                }
                buffer.AsSpan(at, filled - at).CopyTo(buffer);
                filled -= at;
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
        }
        catch (Exception e)
        {
            Broken = e;
        }
    }

    private void Take(byte type, byte flags, int id, ReadOnlySpan<byte> payload)
    {
        RawWatch? watch;
        lock (byStream) watch = byStream.GetValueOrDefault(id);
        switch (type)
        {
            case 0:
                watch?.Take(payload);
                if ((flags & 1) != 0) End(id);
                break;
            case 1 when (flags & 1) != 0:
            case 3:
                End(id);
                break;
            case 4 when (flags & 1) == 0:
                _ = WriteAsync(4, 1, []);
                break;
            case 6 when (flags & 1) == 0:
                _ = WriteAsync(6, 1, payload.ToArray());
                break;
            case 7:
                throw new IOException("the node is about to close the connection");
            default:
                break;
        }
    }

    private void End(int id)
    {
        RawWatch? watch;
        lock (byStream)
            if (!byStream.Remove(id, out watch)) return;
        Interlocked.Increment(ref ended);
        _ = GoOnAsync(watch);
    }

    private async Task GoOnAsync(RawWatch watch)
    {
        try
        {
            await Task.Delay(AgainAfter, stop.Token);
            watch.Restart();
            var again = new MemoryStream();
            Request(again, watch);
            await WriteAsync(again.ToArray());
        }
        catch (OperationCanceledException)
        {
        }
    }

    private Task WriteAsync(byte type, byte flags, byte[] payload)
    {
        var frame = new MemoryStream();
        Frame(frame, type, flags, 0, payload);
        return WriteAsync(frame.ToArray());
    }

    private async Task WriteAsync(byte[] bytes)
    {
        await writing.WaitAsync(stop.Token);
        try
        {
            await stream!.WriteAsync(bytes, stop.Token);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            Broken ??= e;
        }
        finally
        {
            writing.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await reading;
        tcp.Dispose();
        stop.Dispose();
    }
}
