using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.Placement;
using AkkaHa.Messages.V1;
using AkkaHa.Node.Api.Keys;
using AkkaHa.Node.Api.Locks;
using AkkaHa.Node.Api.Sessions;
using AkkaHa.Node.Api.Transactions;
using Google.Protobuf;
using Xunit;

namespace AkkaHa.Node.Tests.Api;

/// <summary>The limits from both sides: what is at one passes, what is just beyond is refused by its field.</summary>
public sealed class ValidationLimitTests
{
    private const string Session = "7-01890a5d-ac96-774b-bcce-b302099a8057";
    private static readonly ShardMap Shards = new(64);

    [Theory]
    [InlineData(0, false)]
    [InlineData(-0.0, false)]
    [InlineData(2, true)]
    [InlineData(3600, true)]
    [InlineData(1.9999, false)]
    [InlineData(3600.0001, false)]
    [InlineData(-2, false)]
    [InlineData(double.NaN, false)]
    public void A_session_lives_2_to_3600_seconds(double seconds, bool valid) =>
        AssertField(valid, "ttlSeconds", SessionValidation.Check(new CreateSessionRequest { TtlSeconds = seconds }));

    [Theory]
    [InlineData(0, false)]
    [InlineData(0.0009, false)]
    [InlineData(0.001, true)]
    [InlineData(31_536_000, true)]
    [InlineData(31_536_000.001, false)]
    [InlineData(-1, false)]
    [InlineData(double.NaN, false)]
    [InlineData(double.PositiveInfinity, false)]
    public void A_key_lives_a_millisecond_to_a_year_if_not_for_ever(double seconds, bool valid)
    {
        AssertField(valid, "ttlSeconds", KeyValidation.Check(new PutKeyRequest { Key = "a", TtlSeconds = seconds }, Shards));
        var put = new PutOperation { Key = "a", TtlSeconds = seconds };
        AssertField(valid, "then[0].put.ttlSeconds", TransactionValidation.Check(new TransactionRequest { Then = { new Operation { Put = put } } }, Shards));
        AssertField(valid, "else[0].put.ttlSeconds", TransactionValidation.Check(new TransactionRequest { Else = { new Operation { Put = put } } }, Shards));
        AssertField(true, "ttlSeconds", KeyValidation.Check(new PutKeyRequest { Key = "a" }, Shards));
    }

    [Fact]
    public void A_put_of_a_transaction_rests_on_the_session_that_it_binds_its_key_to()
    {
        var bound = new Operation { Put = new PutOperation { Key = "b", SessionId = Session } };
        var condition = new Condition { Session = Session };
        AssertField(true, "", TransactionValidation.Check(new TransactionRequest { Conditions = { condition }, Then = { Get("a"), bound } }, Shards));
        AssertField(false, "then[1].put.sessionId", TransactionValidation.Check(new TransactionRequest { Then = { Get("a"), bound } }, Shards));
        var other = new Condition { Session = Session[..^1] + "0" };
        AssertField(false, "then[0].put.sessionId", TransactionValidation.Check(new TransactionRequest { Conditions = { other }, Then = { bound } }, Shards));
        AssertField(false, "else[0].put.sessionId", TransactionValidation.Check(new TransactionRequest { Conditions = { condition }, Else = { bound } }, Shards));
        var empty = new Operation { Put = new PutOperation { Key = "b", SessionId = "" } };
        AssertField(false, "then[0].put.sessionId", TransactionValidation.Check(new TransactionRequest { Conditions = { condition }, Then = { empty } }, Shards));
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(60, true)]
    [InlineData(60.0001, false)]
    [InlineData(-0.0001, false)]
    [InlineData(double.NaN, false)]
    [InlineData(double.PositiveInfinity, false)]
    public void An_acquire_waits_at_most_60_seconds(double seconds, bool valid) =>
        AssertField(valid, "waitSeconds", LockValidation.Check(new AcquireLockRequest { Name = "a", SessionId = Session, WaitSeconds = seconds }, Shards));

    [Theory]
    [InlineData(0, false)]
    [InlineData(0.001, true)]
    [InlineData(60, true)]
    [InlineData(0.0001, false)]
    [InlineData(60.0001, false)]
    public void A_transaction_has_at_most_60_seconds(double seconds, bool valid) =>
        AssertField(valid, "deadlineSeconds", TransactionValidation.Check(new TransactionRequest { DeadlineSeconds = seconds, Then = { Get("a") } }, Shards));

    [Fact]
    public void Time_to_live_and_deadline_may_be_left_out()
    {
        AssertField(true, "ttlSeconds", SessionValidation.Check(new CreateSessionRequest()));
        AssertField(true, "deadlineSeconds", TransactionValidation.Check(new TransactionRequest { Then = { Get("a") } }, Shards));
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(1, true)]
    [InlineData(2, false)]
    [InlineData(-1, false)]
    public void Exclusive_has_one_permit_of_one(int count, bool valid)
    {
        AssertField(valid, "permits", LockValidation.Check(new AcquireLockRequest { Name = "a", SessionId = Session, Permits = count }, Shards));
        AssertField(valid, "limit", LockValidation.Check(new AcquireLockRequest { Name = "a", SessionId = Session, Limit = count }, Shards));
    }

    [Theory]
    [InlineData(Limits.NameBytes, true)]
    [InlineData(Limits.NameBytes + 2, false)]
    public void Names_are_counted_in_bytes(int bytes, bool valid)
    {
        var name = new string('ü', bytes / 2);
        AssertField(valid, "key", KeyValidation.Check(new GetKeyRequest { Key = name }));
        AssertField(valid, "name", LockValidation.Check(new GetLockRequest { Name = name }));
        AssertField(valid, "then[0].get.key", TransactionValidation.Check(new TransactionRequest { Then = { Get(name) } }, Shards));
    }

    [Theory]
    [InlineData(Limits.ValueBytes, true)]
    [InlineData(Limits.ValueBytes + 1, false)]
    public void Values_have_at_most_a_mebibyte_wherever_they_stand(int bytes, bool valid)
    {
        var value = ByteString.CopyFrom(new byte[bytes]);
        AssertField(valid, "value", KeyValidation.Check(new PutKeyRequest { Key = "a", Value = value }, Shards));
        AssertField(valid, "conditions[0].value", Check(new() { Conditions = { new Condition { Key = "a", Value = value } } }));
        AssertField(valid, "then[0].put.value", Check(new() { Then = { new Operation { Put = new() { Key = "a", Value = value } } } }));
        AssertField(valid, "else[1].append.value", Check(new() { Else = { Get("a"), new Operation { Append = new() { Key = "a", Value = value } } } }));
    }

    [Theory]
    [InlineData(63, true)]
    [InlineData(64, false)]
    public void A_session_condition_names_a_slot_that_exists(int slot, bool valid) =>
        AssertField(valid, "conditions[0].session", Check(new() { Conditions = { new Condition { Session = SessionId.Create(slot, Guid.CreateVersion7()).Text } } }));

    [Theory]
    [InlineData(124, true)]
    [InlineData(125, false)]
    public void Participants_are_distinct_keys_locks_and_session_slots(int keys, bool valid)
    {
        // A lock and a key of one name are two; two sessions of one slot are one, and so is a key that is written twice.
        var request = new TransactionRequest { Conditions = { new Condition { Lock = "k", Fence = 1 }, new Condition { Key = "k", Absent = true } } };
        foreach (var slot in (int[])[1, 1, 2]) request.Conditions.Add(new Condition { Session = SessionId.Create(slot, Guid.CreateVersion7()).Text });
        for (var i = 0; i < keys; i++) request.Then.Add([Get($"k{i}"), Get($"k{i}")]);
        request.Else.Add(Get("k0"));

        AssertField(valid, "participants", Check(request));
    }

    [Fact]
    public void A_condition_of_exactly_one_form_passes_and_every_other_combination_is_refused()
    {
        (string Field, Action<Condition> Set)[] parts =
        [
            ("key", c => c.Key = "k"), ("revision", c => c.Revision = 1), ("value", c => c.Value = ByteString.Empty), ("absent", c => c.Absent = true),
            ("lock", c => c.Lock = "l"), ("fence", c => c.Fence = 1), ("session", c => c.Session = Session),
        ];
        string[] forms = ["key,revision", "key,value", "key,absent", "lock,fence", "session"];
        for (var mask = 0; mask < 1 << parts.Length; mask++)
        {
            var chosen = parts.Where((_, i) => (mask & (1 << i)) != 0).ToArray();
            var condition = new Condition();
            foreach (var (_, set) in chosen) set(condition);

            AssertField(forms.Contains(string.Join(',', chosen.Select(c => c.Field))), "conditions[0]", Check(new() { Conditions = { condition } }));
        }
    }

    [Theory]
    [InlineData(false, false, true, "")]
    [InlineData(true, true, true, "")]
    [InlineData(true, false, false, "fence")]
    [InlineData(false, true, false, "lock")]
    public void A_guard_is_both_or_neither(bool hasLock, bool hasFence, bool valid, string field)
    {
        var (put, delete) = (new PutKeyRequest { Key = "a" }, new DeleteKeyRequest { Key = "a" });
        if (hasLock) put.Lock = delete.Lock = "l";
        if (hasFence) put.Fence = delete.Fence = 1;

        AssertField(valid, field, KeyValidation.Check(put, Shards));
        AssertField(valid, field, KeyValidation.Check(delete));
    }

    private static Failure? Check(TransactionRequest request) => TransactionValidation.Check(request, Shards);

    private static Operation Get(string key) => new() { Get = new GetOperation { Key = key } };

    private static void AssertField(bool valid, string field, Failure? refusal)
    {
        if (valid)
        {
            Assert.True(refusal is null, refusal?.Message);
            return;
        }
        Assert.NotNull(refusal);
        Assert.Equal((ErrorCode.InvalidArgument, field), (refusal.Code, refusal.Details.Fields["field"].StringValue));
        Assert.StartsWith(field, refusal.Message, StringComparison.Ordinal);
    }
}
