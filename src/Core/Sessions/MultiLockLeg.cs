using System.IO.Hashing;
using System.Text;
using AkkaHa.Messages;
using AkkaHa.Messages.V1;

namespace AkkaHa.Core.Sessions;

/// <summary>One of the locks of an acquireAll. Its wish and its request id are durable; how far it has come is asked again by the next activation.</summary>
internal sealed class MultiLockLeg(MultiLock work, LockWish wish, long issuedMs)
{
    public MultiLock Work { get; } = work;

    public LockWish Wish { get; } = wish;

    public EntityId Lock => EntityId.Lock(Wish.Name);

    /// <summary>When the request id was issued: locks refuse ids older than what they remember.</summary>
    public long IssuedMs { get; private set; } = issuedMs;

    /// <summary>What the lock knows it by. Made of what is stored, so that whoever goes on after a crash asks by the same.</summary>
    public string RequestId { get; private set; } = IdOf(work, wish.Name, issuedMs);

    public LockGrant? Grant { get; set; }

    /// <summary>The lock may have heard of it. After a crash that is so of every one.</summary>
    public bool MayBeAsked { get; set; }

    public bool IsGivenBack { get; set; }

    public uint Attempt { get; set; }

    public long AskAgainAtMs { get; set; } = long.MaxValue;

    public void Renew(long issuedMs) => (IssuedMs, RequestId) = (issuedMs, IdOf(Work, Wish.Name, issuedMs));

    /// <summary>A uuid of version 7 whose random part is a hash: of the row that began the work, so that no other work has it, and of the lock.</summary>
    private static string IdOf(MultiLock work, string name, long issuedMs)
    {
        var source = Encoding.UTF8.GetBytes(FormattableString.Invariant($"{work.Started.SessionId}\n{work.SequenceNr}\n{issuedMs}\n{name}"));
        Span<byte> bytes = stackalloc byte[16];
        XxHash128.Hash(source, bytes);
        for (var i = 0; i < 6; i++) bytes[i] = (byte)(issuedMs >> (8 * (5 - i)));
        bytes[6] = (byte)(0x70 | (bytes[6] & 0x0F));
        bytes[8] = (byte)(0x80 | (bytes[8] & 0x3F));
        return new Guid(bytes, bigEndian: true).ToString("D");
    }
}
