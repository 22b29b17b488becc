using System.Buffers;
using System.IO.Hashing;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;
using Google.Protobuf;

namespace AkkaHa.Core.Entities;

/// <summary>What makes two requests with one id the same request: all that they ask, but not attempt, waiting time, deadline and label.</summary>
public static class PayloadHash
{
    private const int OnStack = 512;

    /// <summary>The hash of a command's payload.</summary>
    public static ByteString Of(Command command)
    {
        var bare = command.Clone();
        bare.RequestId = "";
        bare.Attempt = 0;
        bare.Sender = "";
        bare.TimeoutMs = 0;
        bare.Traceparent = "";
        bare.Lot = 0;
        switch (bare.BodyCase)
        {
            case Command.BodyOneofCase.PutKey: bare.PutKey.Attempt = 0; bare.PutKey.RequestId = ""; break;
            case Command.BodyOneofCase.DeleteKey: bare.DeleteKey.Attempt = 0; bare.DeleteKey.RequestId = ""; break;
            case Command.BodyOneofCase.CreateSession:
                bare.CreateSession.SessionId = "";
                bare.CreateSession.Request.Attempt = 0;
                bare.CreateSession.Request.RequestId = "";
                bare.CreateSession.Request.Label = "";
                break;
            case Command.BodyOneofCase.CloseSession: bare.CloseSession.Attempt = 0; bare.CloseSession.RequestId = ""; break;
            case Command.BodyOneofCase.AcquireLock:
                bare.AcquireLock.Attempt = 0;
                bare.AcquireLock.RequestId = "";
                bare.AcquireLock.WaitSeconds = 0;
                bare.AcquireLock.Label = "";
                break;
            case Command.BodyOneofCase.AcquireAllLocks:
                bare.AcquireAllLocks.Attempt = 0;
                bare.AcquireAllLocks.RequestId = "";
                bare.AcquireAllLocks.WaitSeconds = 0;
                bare.AcquireAllLocks.Label = "";
                bare.AcquireAllLocks.KeepPlace = false;
                break;
            case Command.BodyOneofCase.ReleaseLock: bare.ReleaseLock.Attempt = 0; bare.ReleaseLock.RequestId = ""; break;
            case Command.BodyOneofCase.UpgradeLock:
                bare.UpgradeLock.Attempt = 0;
                bare.UpgradeLock.RequestId = "";
                bare.UpgradeLock.WaitSeconds = 0;
                break;
            case Command.BodyOneofCase.ForceReleaseLock: bare.ForceReleaseLock.Attempt = 0; bare.ForceReleaseLock.RequestId = ""; break;
            default: break;
        }
        return Hash(bare);
    }

    /// <summary>The hash of a transaction's payload.</summary>
    public static ByteString Of(TransactionRequest request)
    {
        var bare = request.Clone();
        bare.TransactionId = "";
        // Cleared rather than 0, which would be written: journals hold hashes from when 0 was not.
        bare.ClearDeadlineSeconds();
        bare.RequestId = "";
        bare.Attempt = 0;
        return Hash(bare);
    }

    private static ByteString Hash(IMessage message)
    {
        var size = message.CalculateSize();
        var rented = size > OnStack ? ArrayPool<byte>.Shared.Rent(size) : null;
        try
        {
            var bytes = rented is null ? stackalloc byte[OnStack] : rented;
            message.WriteTo(bytes[..size]);
            Span<byte> hash = stackalloc byte[16];
            XxHash128.Hash(bytes[..size], hash);
            return ByteString.CopyFrom(hash);
        }
        finally
        {
            if (rented is not null) ArrayPool<byte>.Shared.Return(rented);
        }
    }
}
