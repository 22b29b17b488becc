using AkkaHa.Messages;
using AkkaHa.Messages.V1;
using Google.Protobuf;
using Google.Rpc;
using Grpc.Core;
using Xunit;

namespace AkkaHa.Node.Tests.Api;

/// <summary>What can be wrong only as a value: the same checks as over HTTP, and those that JSON can't even say.</summary>
public sealed class BadGrpcRequestTests : IClassFixture<ApiHost>
{
    private const string Session = "7-01890a5d-ac96-774b-bcce-b302099a8057";
    private static readonly ByteString Big = ByteString.CopyFrom(new byte[Limits.ValueBytes + 1]);
    private readonly ApiHost host;

    public BadGrpcRequestTests(ApiHost host)
    {
        this.host = host;
        host.Reset();
    }

    public static TheoryData<string> All => new(Requests.Keys);

    private static readonly Dictionary<string, (Func<ChannelBase, AsyncUnaryCall<IMessage>> Call, string Names, string Code)> Requests = new()
    {
        ["empty key"] = (c => Keys(c).GetAsync(new()).Of(), "key", "INVALID_ARGUMENT"),
        ["value too large"] = (c => Keys(c).PutAsync(new() { Key = "a", Value = Big }).Of(), "value", "INVALID_ARGUMENT"),
        ["negative revision"] = (c => Keys(c).DeleteAsync(new() { Key = "a", IfRevision = -1 }).Of(), "ifRevision", "INVALID_ARGUMENT"),
        ["lock without fence"] = (c => Keys(c).PutAsync(new() { Key = "a", Lock = "l" }).Of(), "fence", "INVALID_ARGUMENT"),
        ["fence without lock"] = (c => Keys(c).DeleteAsync(new() { Key = "a", Fence = 1 }).Of(), "lock", "INVALID_ARGUMENT"),
        ["empty lock"] = (c => Keys(c).PutAsync(new() { Key = "a", Lock = "", Fence = 1 }).Of(), "lock", "INVALID_ARGUMENT"),
        ["ttl NaN"] = (c => Sessions(c).CreateAsync(new() { TtlSeconds = double.NaN }).Of(), "ttlSeconds", "INVALID_ARGUMENT"),
        ["ttl infinite"] = (c => Sessions(c).CreateAsync(new() { TtlSeconds = double.PositiveInfinity }).Of(), "ttlSeconds", "INVALID_ARGUMENT"),
        ["ttl negative infinite"] = (c => Sessions(c).CreateAsync(new() { TtlSeconds = double.NegativeInfinity }).Of(), "ttlSeconds", "INVALID_ARGUMENT"),
        ["ttl tiny"] = (c => Sessions(c).CreateAsync(new() { TtlSeconds = double.Epsilon }).Of(), "ttlSeconds", "INVALID_ARGUMENT"),
        ["no session"] = (c => Sessions(c).GetAsync(new()).Of(), "sessionId", "INVALID_ARGUMENT"),
        ["session that is none"] = (c => Sessions(c).KeepAliveAsync(new() { SessionId = "x" }).Of(), "sessionId", "SESSION_EXPIRED"),
        ["wait NaN"] = (c => Locks(c).AcquireAsync(new() { Name = "a", SessionId = Session, WaitSeconds = double.NaN }).Of(), "waitSeconds", "INVALID_ARGUMENT"),
        ["wait infinite"] = (c => Locks(c).AcquireAsync(new() { Name = "a", SessionId = Session, WaitSeconds = double.PositiveInfinity }).Of(), "waitSeconds", "INVALID_ARGUMENT"),
        ["more permits than the limit"] = (c => Locks(c).AcquireAsync(new() { Name = "a", SessionId = Session, Mode = LockMode.Semaphore, Permits = 2 }).Of(), "permits", "INVALID_ARGUMENT"),
        ["permits without a semaphore"] = (c => Locks(c).AcquireAsync(new() { Name = "a", SessionId = Session, Mode = LockMode.Shared, Permits = 2, Limit = 2 }).Of(), "permits", "INVALID_ARGUMENT"),
        ["upgrade without a session"] = (c => Locks(c).UpgradeAsync(new() { Name = "a", Fence = 1 }).Of(), "sessionId", "INVALID_ARGUMENT"),
        ["forced release of a negative fence"] = (c => Locks(c).ForceReleaseAsync(new() { Name = "a", Fence = -1 }).Of(), "fence", "INVALID_ARGUMENT"),
        ["mode unknown"] = (c => Locks(c).AcquireAsync(new() { Name = "a", SessionId = Session, Mode = (LockMode)99 }).Of(), "mode", "INVALID_ARGUMENT"),
        ["release without fence"] = (c => Locks(c).ReleaseAsync(new() { Name = "a", SessionId = Session }).Of(), "fence", "INVALID_ARGUMENT"),
        ["cancel without id"] = (c => Locks(c).CancelAsync(new() { Name = "a", SessionId = Session }).Of(), "requestId", "INVALID_ARGUMENT"),
        ["empty lock name"] = (c => Locks(c).GetAsync(new()).Of(), "name", "INVALID_ARGUMENT"),
        ["empty transaction"] = (c => Transactions(c).RunAsync(new()).Of(), "conditions", "INVALID_ARGUMENT"),
        ["deadline NaN"] = (c => Transactions(c).RunAsync(new() { DeadlineSeconds = double.NaN, Then = { new Operation() } }).Of(), "deadlineSeconds", "INVALID_ARGUMENT"),
        ["operation of no kind"] = (c => Transactions(c).RunAsync(new() { Then = { new Operation() } }).Of(), "then[0]", "INVALID_ARGUMENT"),
        ["transaction too large"] = (c => Transactions(c).RunAsync(TooLarge()).Of(), "4194304", "INVALID_ARGUMENT"),
        ["no transaction id"] = (c => Transactions(c).ResolveAsync(new()).Of(), "transactionId", "INVALID_ARGUMENT"),
        ["only the prefix of a guarded write"] = (c => Transactions(c).GetAsync(new() { TransactionId = "guarded:" }).Of(), "transactionId", "INVALID_ARGUMENT"),
        ["ring of no entity"] = (c => new Cluster.ClusterClient(c).GetRingAsync(new() { Key = "nonsense" }).Of(), "key", "INVALID_ARGUMENT"),
    };

    [Theory]
    [MemberData(nameof(All))]
    public async Task A_bad_request_is_refused_by_name_before_any_entity_hears_of_it(string what)
    {
        var (call, names, code) = Requests[what];

        var refusal = await Assert.ThrowsAsync<RpcException>(async () => await call(host.Grpc));

        var info = refusal.GetRpcStatus()!.GetDetail<ErrorInfo>()!;
        Assert.Equal(code, info.Reason);
        Assert.Equal(Messages.Errors.ErrorTable.Of(code).Grpc, refusal.StatusCode);
        Assert.Contains(names, refusal.Status.Detail, StringComparison.Ordinal);
        Assert.Empty(host.Entities.Asked);
        Assert.Empty(host.Log.Errors);
    }

    private static Keys.KeysClient Keys(ChannelBase channel) => new(channel);

    private static Sessions.SessionsClient Sessions(ChannelBase channel) => new(channel);

    private static Locks.LocksClient Locks(ChannelBase channel) => new(channel);

    private static Transactions.TransactionsClient Transactions(ChannelBase channel) => new(channel);

    private static TransactionRequest TooLarge()
    {
        var value = ByteString.CopyFrom(new byte[Limits.ValueBytes]);
        var request = new TransactionRequest();
        for (var i = 0; i < 5; i++) request.Then.Add(new Operation { Put = new PutOperation { Key = $"k{i}", Value = value } });
        return request;
    }
}

internal static class UntypedCalls
{
    /// <summary>A call whose answer's type does not matter.</summary>
    public static AsyncUnaryCall<IMessage> Of<T>(this AsyncUnaryCall<T> call)
        where T : IMessage =>
        new(Widen(call.ResponseAsync), call.ResponseHeadersAsync, call.GetStatus, call.GetTrailers, call.Dispose);

    private static async Task<IMessage> Widen<T>(Task<T> answer)
        where T : IMessage => await answer;
}
