using System.Collections.Immutable;
using AkkaHa.Messages.Storage;

namespace AkkaHa.Core.Eventual;

/// <summary>Buckets as they are stored and sent. Equal buckets give equal bytes: nodes compare hashes of them.</summary>
public static class BucketCodec
{
    private const uint Schema = 1;

    /// <summary>For the wire or a file.</summary>
    public static EventualBucket Write(Bucket bucket)
    {
        var stored = new EventualBucket { Schema = Schema };
        stored.SeenUpTo.AddRange(bucket.Context.UpTo.Select(Write));
        stored.Seen.AddRange(bucket.Context.Beyond.Select(Write));
        foreach (var (item, entries) in bucket.Items.OrderBy(i => i.Key))
        {
            var written = new EventualItem { Name = item.Name, Part = item.Part };
            written.Entries.AddRange(entries.Select(Write));
            stored.Items.Add(written);
        }
        return stored;
    }

    /// <summary>Of the wire or a file.</summary>
    /// <exception cref="NotSupportedException">It was written by a newer version.</exception>
    public static Bucket Read(EventualBucket stored, bool isDelta)
    {
        if (stored.Schema != Schema) throw new NotSupportedException($"a bucket of schema {stored.Schema}; this version reads {Schema}");
        return Bucket.Of(
            stored.Items.Select(i => KeyValuePair.Create(new ItemKey(i.Name, i.Part), i.Entries.Select(Read).ToImmutableArray())),
            CausalContext.Of(stored.SeenUpTo.Select(Read), stored.Seen.Select(Read)), isDelta);
    }

    private static EventualDot Write(Dot dot) => new() { Replica = dot.Replica.Value, Sequence = dot.Sequence };

    private static Dot Read(EventualDot dot) => new(new ReplicaId(dot.Replica), dot.Sequence);

    private static EventualEntry Write(Entry entry)
    {
        var written = new EventualEntry { Replica = entry.Dot.Replica.Value, Sequence = entry.Dot.Sequence };
        switch (entry.Content)
        {
            case Content.Present:
                written.Present = new EventualPresent();
                break;
            case Content.Counted one:
                written.Amount = new EventualAmount { Amount = one.Amount, Increments = one.Increments, RequestId = one.RequestId, AtMs = one.AtMs };
                break;
            case Content.Written text:
                written.Written = new EventualWritten { Stamp = text.Stamp.Value, Value = text.Value };
                break;
            case Content.Enabled flag:
                written.Enabled = flag.On;
                break;
            case Content.Mark mark:
                written.Mark = new EventualMark { RequestId = mark.RequestId, AtMs = mark.AtMs, Hash = mark.Hash };
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(entry), entry.Content, "no such content");
        }
        return written;
    }

    private static Entry Read(EventualEntry entry) => new(new Dot(new ReplicaId(entry.Replica), entry.Sequence), entry.ContentCase switch
    {
        EventualEntry.ContentOneofCase.Present => Content.Present.It,
        EventualEntry.ContentOneofCase.Amount => new Content.Counted(entry.Amount.Amount, entry.Amount.Increments, entry.Amount.RequestId, entry.Amount.AtMs),
        EventualEntry.ContentOneofCase.Written => new Content.Written(new HybridTime(entry.Written.Stamp), entry.Written.Value),
        EventualEntry.ContentOneofCase.Enabled => new Content.Enabled(entry.Enabled),
        EventualEntry.ContentOneofCase.Mark => new Content.Mark(entry.Mark.RequestId, entry.Mark.AtMs, entry.Mark.Hash),
        _ => throw new NotSupportedException("an entry without a content that this version knows"),
    });
}
