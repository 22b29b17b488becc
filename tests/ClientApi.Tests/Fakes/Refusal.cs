using AkkaHa.Messages.Errors;
using AkkaHa.Messages.V1;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;

namespace AkkaHa.ClientApi.Tests.Fakes;

/// <summary>Refusals as servers send them: a status with ErrorInfo, and details as a Struct.</summary>
internal static class Refusal
{
    public static RpcException Of(ErrorCode code, string message = "no", Struct? details = null, TimeSpan? retryAfter = null, string? reason = null)
    {
        var row = ErrorTable.Of(code);
        var status = new Google.Rpc.Status { Code = (int)row.Grpc, Message = message };
        status.Details.Add(Any.Pack(new ErrorInfo { Domain = "akkaha", Reason = reason ?? row.Name }));
        if (details is not null) status.Details.Add(Any.Pack(details));
        if (retryAfter is { } after) status.Details.Add(Any.Pack(new RetryInfo { RetryDelay = Duration.FromTimeSpan(after) }));
        return status.ToRpcException();
    }

    public static Struct Details(string json) => Struct.Parser.ParseJson(json);
}
