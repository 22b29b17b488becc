using AkkaHa.Core.Entities;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.Storage;
using AkkaHa.Messages.V1;
using Google.Protobuf;

namespace AkkaHa.Growth;

/// <summary>One key's rows as a node would have written them: decided by the same rules, in the same bytes. A put of 64 bytes each minute, the last one some minutes ago.</summary>
internal sealed class KeyHistory
{
    private const long MinuteMs = 60_000;
    private const long LastMinutesAgo = 5;
    private static readonly ByteString Value = ByteString.CopyFrom(new byte[64]);

    private readonly string name;
    private readonly Entity entity;
    private long timeMs;

    /// <param name="name">Of the key.</param>
    /// <param name="rows">So many will be asked for.</param>
    /// <param name="nowMs">Unix milliseconds.</param>
    public KeyHistory(string name, int rows, long nowMs)
    {
        this.name = name;
        timeMs = nowMs - ((rows + LastMinutesAgo) * MinuteMs);
        var id = EntityId.Key(name);
        PersistenceId = id.ToString();
        // The first grant of a shard has this epoch; whoever has it now has the same, or a later one.
        entity = new Entity(id, Machines.For(id), epoch: 1, dirty: false);
        entity.FinishRecovery(0);
    }

    public string PersistenceId { get; }

    public (long SequenceNr, byte[] Message) Next()
    {
        timeMs += MinuteMs;
        var requestId = Guid.CreateVersion7(DateTimeOffset.FromUnixTimeMilliseconds(timeMs)).ToString("D");
        var put = new PutKeyRequest { Key = name, Value = Value, RequestId = requestId, Attempt = 1 };
        var batch = entity.Decide([new Incoming(1, new Command { Entity = PersistenceId, RequestId = requestId, Attempt = 1, PutKey = put })], new Moment(timeMs, timeMs));
        entity.Persisted();
        return (batch.FirstSequenceNr, batch.Rows.Single().ToByteArray());
    }
}
