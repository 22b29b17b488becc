using AkkaHa.Core.Eventual;
using AkkaHa.Messages.Storage;
using CsCheck;
using Google.Protobuf;
using Xunit;

namespace AkkaHa.Core.Tests.Eventual;

/// <summary>Whatever three replicas have done and heard: merging is commutative, associative and idempotent, and a delta does what the whole state does.</summary>
public sealed class MergePropertyTests
{
    private static readonly Gen<(int Who, int What, int Number)[]> Steps = Gen.Select(Gen.Int[0, 2], Gen.Int[0, 13], Gen.Int[0, 5]).Array[0, 40];

    [Fact]
    public void Merging_is_commutative_associative_and_idempotent() => Steps.Sample(steps =>
    {
        var (a, b, c) = Run(steps, (_, _) => { });
        Assert.Equal(a.Join(b), b.Join(a));
        Assert.Equal(a.Join(b).Join(c), a.Join(b.Join(c)));
        Assert.Equal(a, a.Join(a));
        Assert.Equal(a.Join(b), a.Join(b).Join(b));
    }, iter: 3000);

    [Fact]
    public void A_delta_does_what_the_whole_state_does_and_deltas_may_come_in_any_order_and_more_than_once() => Gen.Select(Steps, Gen.Int[0, 1000]).Sample((steps, seed) =>
    {
        var deltas = new List<Bucket>();
        Run(steps, (before, updated) =>
        {
            Assert.Equal(updated.State, before.Join(updated.Delta));
            deltas.Add(updated.Delta);
        });
        var inOrder = deltas.Aggregate(Bucket.Empty, (state, delta) => state.Join(delta));
        var random = new Random(seed);
        var shuffled = deltas.Concat(deltas).OrderBy(_ => random.Next()).ToList();
        Assert.Equal(inOrder, shuffled.Aggregate(Bucket.Empty, (state, delta) => state.Join(delta)));
        if (deltas.Count > 0) Assert.Equal(inOrder, Bucket.Empty.Join(shuffled.Aggregate((x, y) => x.Join(y))));
    }, iter: 3000);

    [Fact]
    public void What_is_stored_is_read_as_it_was_and_equal_buckets_have_equal_bytes() => Steps.Sample(steps =>
    {
        var (a, b, _) = Run(steps, (_, updated) =>
        {
            if (updated.Delta.IsDelta) Assert.Equal(updated.Delta, Read(BucketCodec.Write(updated.Delta), isDelta: true));
        });
        Assert.Equal(a, Read(BucketCodec.Write(a), isDelta: false));
        Assert.Equal(BucketCodec.Write(a.Join(b)).ToByteString(), BucketCodec.Write(b.Join(a)).ToByteString());
        Assert.Equal(a.Bytes, Read(BucketCodec.Write(a), isDelta: false).Bytes);
    }, iter: 1000);

    private static Bucket Read(EventualBucket stored, bool isDelta) => BucketCodec.Read(EventualBucket.Parser.ParseFrom(stored.ToByteArray()), isDelta);

    private static (Bucket A, Bucket B, Bucket C) Run((int Who, int What, int Number)[] steps, Action<Bucket, Updated> seen)
    {
        Replica[] all = [new(1), new(2), new(3)];
        foreach (var (who, what, number) in steps)
        {
            var one = all[who];
            var before = one.State;
            one.NowMs += number;
            var updated = what switch
            {
                0 => one.Count(number),
                1 or 2 => one.Count(1 + (number % 2), $"r{number}"),
                3 => one.Add($"{number}", $"{number + 1}"),
                4 => one.Remove($"{number}"),
                5 => one.Write($"{number}", number % 2 == 0 ? "" : $"r{number}"),
                6 => one.Put($"{number % 3}", $"{number}"),
                7 => one.Switch(number % 2 == 0),
                8 => one.Delete((Kind)(number % 5), "csrmf"[number % 5].ToString(), $"r{number}"),
                _ => null,
            };
            if (updated is { Outcome: UpdateOutcome.Done }) seen(before, updated);
            else if (what is 9 or 10) one.Meet(all[number % 3]);
            else if (what == 11) one.NowMs += 130_000;
            else if (what >= 12 && CounterFold.Sweep(one.State, one.Id, one.NowMs, 1000, EventualRules.AllOn) is { } swept)
            {
                seen(before, new Updated(UpdateOutcome.Done, swept.State, swept.Delta, null, true));
                one.State = swept.State;
            }
        }
        return (all[0].State, all[1].State, all[2].State);
    }
}
