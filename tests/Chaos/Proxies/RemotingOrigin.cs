using System.Buffers.Binary;
using System.Net.Sockets;
using Google.Protobuf;

namespace AkkaHa.Chaos.Proxies;

/// <summary>
/// Who opens a remoting connection. Akka's first frame on it is an Associate, which carries the sender's own address: a length of four bytes, little-endian,
/// then <c>AkkaProtocolMessage.instruction.handshakeInfo.origin.port</c> of its WireFormats.proto.
/// </summary>
static class RemotingOrigin
{
    private const int LengthBytes = 4;
    private const int LongestFrame = 64 * 1024;
    private const int Instruction = 2;
    private const int HandshakeInfo = 2;
    private const int Origin = 1;
    private const int Port = 3;

    /// <summary>Reads the first frame.</summary>
    /// <returns>The port in the origin's address, and all that was read.</returns>
    /// <exception cref="InvalidDataException">It is no Associate.</exception>
    public static async ValueTask<(int Port, ReadOnlyMemory<byte> Read)> ReadAsync(Socket connection, CancellationToken ct)
    {
        var header = new byte[LengthBytes];
        await FillAsync(connection, header, ct);
        var length = BinaryPrimitives.ReadInt32LittleEndian(header);
        if (length is <= 0 or > LongestFrame) throw new InvalidDataException($"the first frame has {length} bytes");
        var frame = new byte[LengthBytes + length];
        header.CopyTo(frame, 0);
        await FillAsync(connection, frame.AsMemory(LengthBytes), ct);
        return (PortOf(frame), frame);
    }

    /// <summary>The port of the origin in a whole frame, its length included.</summary>
    public static int PortOf(ReadOnlyMemory<byte> frame)
    {
        try
        {
            var address = Field(Field(Field(frame[LengthBytes..], Instruction), HandshakeInfo), Origin);
            var input = new CodedInputStream(address.ToArray());
            for (var tag = input.ReadTag(); tag != 0; tag = input.ReadTag())
            {
                if (WireFormat.GetTagFieldNumber(tag) == Port) return checked((int)input.ReadUInt32());
                input.SkipLastField();
            }
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new InvalidDataException("the first frame is no Associate", e);
        }
        throw new InvalidDataException("the first frame names no origin");
    }

    private static ReadOnlyMemory<byte> Field(ReadOnlyMemory<byte> message, int number)
    {
        var input = new CodedInputStream(message.ToArray());
        for (var tag = input.ReadTag(); tag != 0; tag = input.ReadTag())
        {
            if (WireFormat.GetTagFieldNumber(tag) == number && WireFormat.GetTagWireType(tag) == WireFormat.WireType.LengthDelimited) return input.ReadBytes().Memory;
            input.SkipLastField();
        }
        throw new InvalidDataException($"the first frame has no field {number} where an Associate has one");
    }

    private static async ValueTask FillAsync(Socket connection, Memory<byte> buffer, CancellationToken ct)
    {
        while (!buffer.IsEmpty)
        {
            var read = await connection.ReceiveAsync(buffer, ct);
            if (read == 0) throw new InvalidDataException("it ended before the first frame did");
            buffer = buffer[read..];
        }
    }
}
