using AkkaHa.Core.Entities;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.Storage;
using AkkaHa.Messages.V1;
using Google.Protobuf;

namespace AkkaHa.Core.Tests.Entities;

/// <summary>Commands, as short as tests want them.</summary>
static class Make
{
    /// <summary>The coordinator that transactions of these tests have.</summary>
    public static readonly EntityId Coordinator = EntityId.TransactionSlot(3);

    public static Command Get(string key = "k") => new() { GetKey = new GetKeyRequest { Key = key } };

    public static Command Put(string value, long? ifRevision = null, string requestId = "", uint attempt = 1, uint timeoutMs = 0)
    {
        var put = new PutKeyRequest { Key = "k", Value = ByteString.CopyFromUtf8(value) };
        if (ifRevision is { } revision) put.IfRevision = revision;
        return new Command { PutKey = put, RequestId = requestId, Attempt = attempt, TimeoutMs = timeoutMs };
    }

    public static Command PutFor(string value, double ttlSeconds, long? ifRevision = null)
    {
        var put = Put(value, ifRevision);
        put.PutKey.TtlSeconds = ttlSeconds;
        return put;
    }

    /// <summary>What the sweeper sends: by the time to live, or for a session that has ended.</summary>
    public static Command Expire(string session = "") => new() { ExpireKey = new ExpireKey { SessionId = session } };

    public static Command Delete(long? ifRevision = null, string requestId = "", uint attempt = 1)
    {
        var delete = new DeleteKeyRequest { Key = "k" };
        if (ifRevision is { } revision) delete.IfRevision = revision;
        return new Command { DeleteKey = delete, RequestId = requestId, Attempt = attempt };
    }

    /// <summary>A request id issued at this time of the scenario.</summary>
    public static string RequestId(long atMs = 0, byte number = 0)
    {
        Span<byte> bytes = stackalloc byte[16];
        for (var i = 0; i < 6; i++) bytes[i] = (byte)((Scenario.StartMs + atMs) >> (8 * (5 - i)));
        bytes[6] = 0x70;
        bytes[8] = 0x80;
        bytes[15] = number;
        return new Guid(bytes, bigEndian: true).ToString();
    }

    public static Event Written(long revision, string? value) => new()
    {
        KeyWritten = new KeyWritten { Present = value is not null, Value = ByteString.CopyFromUtf8(value ?? ""), Revision = revision },
    };

    /// <summary>A value that goes with a session, or at a time of the scenario.</summary>
    public static Event WrittenFor(long revision, string value, string session = "", long expiresAtMs = 0)
    {
        var written = Written(revision, value);
        written.KeyWritten.SessionId = session;
        written.KeyWritten.ExpiresAtMs = expiresAtMs == 0 ? 0 : Scenario.StartMs + expiresAtMs;
        return written;
    }

    public static Command Prepare(string transaction, uint attempt = 1, long timestampMs = 0, string payload = "p", IEnumerable<Condition>? conditions = null, params Operation[] then)
    {
        var prepare = new Prepare { TransactionId = transaction, Attempt = attempt, TimestampMs = Scenario.StartMs + timestampMs, PayloadHash = ByteString.CopyFromUtf8(payload) };
        prepare.Conditions.AddRange((conditions ?? []).Select((c, i) => new PreparedCondition { Index = i, Condition = c }));
        prepare.Then.AddRange(then.Select((o, i) => new PreparedOperation { Index = i, Operation = o }));
        return From(Coordinator, new Command { Prepare = prepare });
    }

    public static Operation PutOp(string value, string key = "k") => new() { Put = new PutOperation { Key = key, Value = ByteString.CopyFromUtf8(value) } };

    public static Operation PutOpFor(string value, string session = "", double ttlSeconds = 0)
    {
        var put = PutOp(value);
        if (session.Length > 0) put.Put.SessionId = session;
        if (ttlSeconds > 0) put.Put.TtlSeconds = ttlSeconds;
        return put;
    }

    public static Operation GetOp(string key = "k") => new() { Get = new GetOperation { Key = key } };

    public static Operation AddOp(long amount, string key = "k") => new() { Add = new AddOperation { Key = key, Amount = amount } };

    public static Operation AppendOp(string value, string key = "k") => new() { Append = new AppendOperation { Key = key, Value = ByteString.CopyFromUtf8(value) } };

    public static Operation DeleteOp(string key = "k") => new() { Delete = new DeleteOperation { Key = key } };

    public static Command Commit(string transaction, uint attempt, long sequenceNr, bool then = true) =>
        From(Coordinator, new Command { Commit = new Commit { TransactionId = transaction, Attempt = attempt, PreparedSequenceNr = sequenceNr, Then = then } });

    public static Command Abort(string transaction) => From(Coordinator, new Command { Abort = new Abort { TransactionId = transaction } });

    public static Command Drop(string transaction, uint attempt) => From(Coordinator, new Command { DropAttempt = new DropAttempt { TransactionId = transaction, Attempt = attempt } });

    public static Command AskStatus(string transaction, uint attempt) => From(Coordinator, new Command { AskStatus = new AskStatus { TransactionId = transaction, Attempt = attempt } });

    public static Command From(EntityId sender, Command command)
    {
        command.Sender = sender.ToString();
        return command;
    }

    /// <summary>The votes among what was sent.</summary>
    public static IReadOnlyList<Vote> Votes(this Then then) => [.. then.Sent.Where(s => s.Command.Vote is not null).Select(s => s.Command.Vote)];
}
