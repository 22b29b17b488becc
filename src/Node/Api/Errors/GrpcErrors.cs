using System.Globalization;
using AkkaHa.Messages.Errors;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;

namespace AkkaHa.Node.Api.Errors;

/// <summary>A refusal as gRPC's richer error model carries it: <c>ErrorInfo</c>, the details as <c>Struct</c>, and <c>RetryInfo</c> for UNAVAILABLE.</summary>
internal static class GrpcErrors
{
    /// <summary><c>ErrorInfo.domain</c>.</summary>
    public const string Domain = "akkaha";

    // Trailers travel in a header block, and receivers give up beyond some 8 to 64 KiB of it.
    private const int MaxDetailsBytes = 4096;

    public static RpcException ToRpcException(Failure failure)
    {
        var row = ErrorTable.Of(failure.Code);
        var info = new ErrorInfo { Reason = row.Name, Domain = Domain };
        var status = new Google.Rpc.Status { Code = (int)row.Grpc, Message = failure.Message };
        var details = failure.Details is { } all && all.CalculateSize() <= MaxDetailsBytes ? all : null;
        foreach (var (name, value) in details?.Fields ?? [])
            if (Scalar(value) is { } text) info.Metadata[name] = text;
        status.Details.Add(Any.Pack(info));
        if (details is not null) status.Details.Add(Any.Pack(details));
        if (row.Code == ErrorCode.Unavailable) status.Details.Add(Any.Pack(new RetryInfo { RetryDelay = ApiTimes.HintOf(failure).ToDuration() }));
        return status.ToRpcException();
    }

    /// <summary>Answers a call of which nothing was read: status and details alone, as headers.</summary>
    public static void WriteUnread(Microsoft.AspNetCore.Http.HttpResponse response, Failure failure)
    {
        var refusal = ToRpcException(failure);
        response.ContentType = "application/grpc";
        response.Headers["grpc-status"] = ((int)refusal.StatusCode).ToString(CultureInfo.InvariantCulture);
        response.Headers["grpc-message"] = Uri.EscapeDataString(failure.Message);
        foreach (var trailer in refusal.Trailers) response.Headers[trailer.Key] = trailer.IsBinary ? Convert.ToBase64String(trailer.ValueBytes) : trailer.Value;
    }

    private static string? Scalar(Value value) => value.KindCase switch
    {
        Value.KindOneofCase.StringValue => value.StringValue,
        Value.KindOneofCase.BoolValue => value.BoolValue ? "true" : "false",
        Value.KindOneofCase.NumberValue => value.NumberValue.ToString(CultureInfo.InvariantCulture),
        _ => null,
    };
}
