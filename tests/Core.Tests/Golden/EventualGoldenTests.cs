using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using AkkaHa.Core.Eventual;
using AkkaHa.Messages.Storage;
using Google.Protobuf;
using Xunit;

namespace AkkaHa.Core.Tests.Golden;

/// <summary>The stored form of eventual data, and which bucket holds what: both are for ever.</summary>
public sealed class EventualGoldenTests
{
    private static readonly ReplicaId A = new(1);
    private static readonly ReplicaId B = new(0xfedcba9876543210);

    private static readonly Bucket Sample = Bucket.Of(
        new Dictionary<ItemKey, ImmutableArray<Entry>>
        {
            [ItemKey.ValueOf("counter/hits")] = [new(new Dot(A, 3), new Content.Counted(-5, 3, "", 1_700_000_000_000)), new(new Dot(B, 1), new Content.Counted(7, 1, "0190163d-8694-739b-aea5-966c26f8ad91", 1_700_000_000_001))],
            [ItemKey.MarksOf("register/motd")] = [new(new Dot(A, 5), new Content.Mark("r", 1_700_000_000_002, 42))],
            [ItemKey.ValueOf("register/motd")] = [new(new Dot(A, 4), new Content.Written(HybridTime.At(1_700_000_000_002), "hé"))],
            [ItemKey.ElementOf("set/s", "a/b")] = [new(new Dot(B, 2), Content.Present.It)],
            [ItemKey.ValueOf("flag/f")] = [new(new Dot(B, 9), new Content.Enabled(true))],
            [ItemKey.ValueOf("flag/g")] = [new(new Dot(B, 3), new Content.Enabled(false))],
        },
        CausalContext.Of([new Dot(A, 5), new Dot(B, 3)], [new Dot(B, 9)]), isDelta: false);

    [Fact]
    public void A_stored_bucket_decodes_to_what_it_was() => Assert.Equal(Sample, BucketCodec.Read(EventualBucket.Parser.ParseFrom(Stored()), isDelta: false));

    [Fact]
    public void A_bucket_of_a_newer_version_is_refused() => Assert.Throws<NotSupportedException>(() => BucketCodec.Read(new EventualBucket { Schema = 2 }, isDelta: false));

    [Fact]
    public void Data_stays_in_its_buckets()
    {
        Assert.Equal((1024, 16), (Placing.Buckets, Placing.Parts));
        var places = $"{Placing.BucketsOf(Kind.Counter, "counter/hits")[0]} {string.Join(',', Placing.BucketsOf(Kind.Set, "set/s"))} {Placing.BucketOfElement("set/s", "a/b")}";
        Assert.Equal(File.ReadAllText(FileOf("EventualPlaces.txt", () => places)).Trim(), places);
    }

    private static byte[] Stored() => Convert.FromBase64String(File.ReadAllText(FileOf("EventualBucket.base64", () => Convert.ToBase64String(BucketCodec.Write(Sample).ToByteArray()))));

    private static string FileOf(string name, Func<string> write, [CallerFilePath] string here = "")
    {
        var file = Path.Combine(Path.GetDirectoryName(here)!, name);
        if (!File.Exists(file) && Environment.GetEnvironmentVariable("AKKAHA_WRITE_GOLDEN") == "1") File.WriteAllText(file, write() + "\n");
        return file;
    }
}
