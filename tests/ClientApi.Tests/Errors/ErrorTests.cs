using AkkaHa.ClientApi.Errors;
using AkkaHa.ClientApi.Tests.Fakes;
using AkkaHa.Messages.Errors;
using AkkaHa.Messages.V1;
using Xunit;

namespace AkkaHa.ClientApi.Tests.Errors;

public sealed class ErrorTests
{
    public static TheoryData<string> Names => [.. ErrorTable.Rows.Select(r => r.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_row_of_the_table_has_an_exception_of_its_own(string name)
    {
        var row = ErrorTable.Of(name);

        var error = ErrorReader.Read(Refusal.Of(row.Code, "why", Refusal.Details("""{"more":"x"}""")));

        Assert.NotNull(error);
        Assert.Equal(row.Code, error.Code);
        Assert.Equal("x", error.Details.GetProperty("more").GetString());
        Assert.Equal($"{row.Name}: why", error.Message);
    }

    [Fact]
    public void No_two_rows_share_an_exception_and_no_exception_is_without_a_row()
    {
        var used = ErrorTable.Rows.Select(r => ErrorReader.Create(r.Code, "", default, null, null).GetType()).ToList();
        var declared = typeof(AkkaHaException).Assembly.GetTypes().Where(t => t.IsSubclassOf(typeof(AkkaHaException)));
        Assert.Equal(used.Count, used.Distinct().Count());
        Assert.Equal(declared.OrderBy(t => t.Name), used.OrderBy(t => t.Name));
    }

    [Fact]
    public void A_reason_from_the_future_is_in_doubt() =>
        Assert.IsType<OutcomeUnknownException>(ErrorReader.Read(Refusal.Of(ErrorCode.LockHeld, reason: "BRAND_NEW")));

    [Fact]
    public void A_status_without_a_reason_is_nothing_that_a_server_said()
    {
        Assert.Null(ErrorReader.Read(new Grpc.Core.RpcException(new Grpc.Core.Status(Grpc.Core.StatusCode.Unavailable, "x"))));
        var garbled = new Grpc.Core.Metadata { { "grpc-status-details-bin", new byte[] { 255, 255, 255 } } };
        Assert.Null(ErrorReader.Read(new Grpc.Core.RpcException(new Grpc.Core.Status(Grpc.Core.StatusCode.Aborted, "x"), garbled)));
    }

    [Fact]
    public void The_reason_of_an_abort_and_the_hint_of_unavailable_are_read()
    {
        var aborted = (TransactionAbortedException)ErrorReader.Read(Refusal.Of(ErrorCode.TxnAborted, details: Refusal.Details("""{"reason":"overflow"}""")))!;
        var unavailable = (UnavailableException)ErrorReader.Read(Refusal.Of(ErrorCode.Unavailable, retryAfter: TimeSpan.FromSeconds(2)))!;
        Assert.Equal("overflow", aborted.Reason);
        Assert.Equal(TimeSpan.FromSeconds(2), unavailable.RetryAfter);
    }

    [Fact]
    public void Details_of_a_wrong_form_are_as_good_as_none()
    {
        var held = (LockHeldException)ErrorReader.Read(Refusal.Of(ErrorCode.LockHeld, details: Refusal.Details("""{"holders":"many","waiters":{},"position":[]}""")))!;
        Assert.Empty(held.Holders);
        Assert.Equal((0, (int?)null), (held.Waiters, held.Position));
    }
}
