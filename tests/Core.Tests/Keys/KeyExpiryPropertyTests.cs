using AkkaHa.Core.Keys;
using AkkaHa.Core.Tests.Entities;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.Storage;
using AkkaHa.Messages.V1;
using CsCheck;
using Xunit;

namespace AkkaHa.Core.Tests.Keys;

/// <summary>Any order of puts, ends, transactions, failovers and clocks that go to and fro: what is said of the key is what is stored.</summary>
public sealed class KeyExpiryPropertyTests
{
    private const string Session = "4-s";

    private static readonly EntityId Key = EntityId.Key("k");

    private static readonly Gen<(int What, int Number)[]> Steps = Gen.Select(Gen.Int[0, 11], Gen.Int[1, 900]).Array[1, 40];

    [Fact]
    public void A_key_is_gone_only_by_a_stored_end_that_was_due_or_its_sessions_and_stays_so_for_every_clock() => Steps.Sample(steps =>
    {
        var key = Scenario.Fresh(Key);
        var prepared = 0;
        for (var i = 0; i < steps.Length; i++)
        {
            var (what, number) = steps[i];
            var before = Stored(key);
            if (what == 10) key.After(number);
            else if (what == 11) key.After(-number);
            else if (what == 9) _ = number % 2 == 0 ? key.Restart(key.Entity.Epoch + 1) : key.RestartFromSnapshot(key.Entity.Epoch + 1);
            else
            {
                var done = key.When(Command(what, number, ref prepared, key));
                if (done.Events.Any(e => e.KeyWritten is { Expired: true }) && what is not 6) MayEnd(before, what, key);
            }
            var beforeRead = Stored(key);
            var read = key.When(Make.Get());
            if (read.Events.Any(e => e.KeyWritten is { Expired: true })) MayEnd(beforeRead, what, key);
            if (!read.Answers(read)) continue;
            var stored = Stored(key);
            Assert.Equal(stored.Present, read.Reply().KeyValue is not null);
            if (stored.Present) Assert.True(stored.ExpiresAtMs == 0 || key.Now.WallMs < stored.ExpiresAtMs);
        }
    }, iter: 3000);

    private static Command Command(int what, int number, ref int prepared, Scenario key) => what switch
    {
        0 => Make.PutFor("a", number / 1000.0),
        1 => Make.Put("b"),
        2 => Make.Delete(),
        3 => Make.Expire(),
        4 => Make.Expire(number % 2 == 0 ? Session : "4-other"),
        5 => Make.Prepare($"t{++prepared}", then: number % 3 == 0 ? Make.GetOp() : Make.PutOpFor("c", Session, number % 3 == 1 ? 0 : number / 1000.0)),
        6 => Make.Commit($"t{prepared}", 1, LastPrepared(key)),
        7 => Make.Abort($"t{prepared}"),
        _ => Make.Put("d", ifRevision: Stored(key).Present ? Stored(key).Revision : 0),
    };

    /// <summary>An end without a transaction's write in the same row: of what was there before.</summary>
    private static void MayEnd(KeyWritten before, int what, Scenario key)
    {
        Assert.True(before.Present);
        Assert.True((before.ExpiresAtMs > 0 && key.Now.WallMs >= before.ExpiresAtMs) || (before.SessionId == Session && what is 4 or 7), $"{before} at {key.Now} by {what}");
    }

    private static long LastPrepared(Scenario key) => 1 + key.Journal.ToList().FindLastIndex(r => r.Events.Any(e => e.Prepared is not null));

    /// <summary>What the rows come to.</summary>
    private static KeyWritten Stored(Scenario key)
    {
        var written = new KeyWritten();
        foreach (var row in key.Journal)
            foreach (var one in row.Events) written = one.KeyWritten ?? (one.Applied?.Write is { } applied ? LandedWrite.Of(applied, row.TimeMs) : written);
        return written;
    }
}
