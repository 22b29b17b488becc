using System.Collections.Immutable;
using Akka.Actor;
using Akka.Configuration;
using Akka.DistributedData.Durable;
using Akka.Event;
using Akka.Serialization;
using AkkaHa.Node.Membership;
using Microsoft.Data.Sqlite;

namespace AkkaHa.Node.Eventual;

/// <summary>
/// The replicator's durable store. It keeps the latest state of each bucket that has changed, and writes them together: at the latest after half of the
/// window, so that within the window they are in the file; without a window, before anybody is told. It holds no lock and asks nobody, so that no database can stand in its way.
/// </summary>
internal sealed class BucketStore : UntypedActor, IWithTimers
{
    private static readonly TimeSpan TryAgainAfter = TimeSpan.FromMilliseconds(300);

    private readonly EventualParts parts;
    private readonly ILoggingAdapter log = Context.GetLogger();
    private readonly SerializerWithStringManifest serializer;
    private readonly TimeSpan window;
    private readonly Dictionary<string, DurableDataEnvelope> pending = new(StringComparer.Ordinal);
    private readonly List<StoreReply> waiting = [];
    private BucketFile? file;
    private bool flushDue;

    /// <summary>The replicator makes it, with its own configuration of durable keys.</summary>
    public BucketStore(Config _)
    {
        var node = NodeParts.Of(Context.System);
        parts = node.Eventual;
        serializer = (SerializerWithStringManifest)Context.System.Serialization.FindSerializerForType(typeof(DurableDataEnvelope));
        window = TimeSpan.FromMilliseconds(node.Settings.Eventual.WriteBehindMs);
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case LoadAll:
                Load(Sender);
                break;
            case LoadAgain again:
                Load(again.Replicator);
                break;
            case Store store:
                Take(store);
                break;
            case Flush:
                flushDue = false;
                Write();
                break;
            case Close:
                if (file is not null && Write())
                {
                    file.End();
                    Sender.Tell(new Closed());
                }
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    /// <summary>A last incarnation that is slow to end still has the file; whatever else is wrong with it may pass too, and until then this node has no eventual data.</summary>
    private void Load(IActorRef replicator)
    {
        try
        {
            file ??= BucketFile.Open(parts.FilePath);
            var loaded = 0;
            foreach (var some in file.Read().Chunk(64))
            {
                replicator.Tell(new LoadData(some.ToImmutableDictionary(row => row.Name, row => (DurableDataEnvelope)serializer.FromBinary(row.State, row.Manifest))));
                loaded += some.Length;
            }
            parts.Begin(file.Begin(parts.Address, parts.FreshReplica()));
            replicator.Tell(LoadAllCompleted.Instance);
            log.Info("Eventual data: {0} buckets read from {1}; this is replica {2}", loaded, parts.FilePath, parts.Replica);
        }
        catch (Exception e) when (e is SqliteException or IOException)
        {
            parts.Trouble = $"{parts.FilePath} can't be opened: {e.Message}";
            log.Warning("Eventual data: {0}; will try again", parts.Trouble);
            file?.Dispose();
            file = null;
            Timers.StartSingleTimer(nameof(LoadAgain), new LoadAgain(replicator), TryAgainAfter);
        }
        catch (Exception e)
        {
            parts.Trouble = $"{parts.FilePath} can't be read: {e.Message}";
            throw new LoadFailedException(parts.Trouble, e);
        }
    }

    private void Take(Store store)
    {
        pending[store.Key] = store.Data;
        parts.Lag.ToBeStored(Environment.TickCount64);
        if (store.Reply is { } reply)
        {
            if (window == TimeSpan.Zero) waiting.Add(reply);
            // While the file can't be written, nobody is told that it will be within the window.
            else reply.ReplyTo.Tell(parts.Trouble is null ? reply.SuccessMessage : reply.FailureMessage);
        }
        if (flushDue) return;
        flushDue = true;
        // Without a window: behind what is in the mailbox already, which shares the write.
        if (window == TimeSpan.Zero) Self.Tell(Flush.It);
        else Timers.StartSingleTimer(Flush.It, Flush.It, window / 2);
    }

    private bool Write()
    {
        if (file is null) return pending.Count == 0;
        try
        {
            if (pending.Count > 0) file.Write(pending.Select(p => (p.Key, serializer.Manifest(p.Value), serializer.ToBinary(p.Value))));
            pending.Clear();
            parts.Lag.Stored();
            parts.Trouble = null;
            foreach (var reply in waiting) reply.ReplyTo.Tell(reply.SuccessMessage);
            waiting.Clear();
            return true;
        }
        catch (SqliteException e)
        {
            parts.Trouble = $"{parts.FilePath} can't be written: {e.Message}";
            log.Error("Eventual data: {0}; will try again", parts.Trouble);
            foreach (var reply in waiting) reply.ReplyTo.Tell(reply.FailureMessage);
            waiting.Clear();
            Timers.StartSingleTimer(Flush.It, Flush.It, TryAgainAfter);
            flushDue = true;
            return false;
        }
    }

    protected override void PostStop()
    {
        try
        {
            Write();
        }
        finally
        {
            parts.End();
            file?.Dispose();
        }
    }

    /// <summary>No changes of this replica's come any more: write all, and say so in the file.</summary>
    internal sealed class Close
    {
        public static readonly Close It = new();
    }

    /// <summary>Done.</summary>
    internal sealed record Closed;

    private sealed record LoadAgain(IActorRef Replicator);

    private sealed class Flush
    {
        public static readonly Flush It = new();
    }
}
