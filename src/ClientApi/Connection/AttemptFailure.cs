using AkkaHa.ClientApi.Errors;
using AkkaHa.Messages.Errors;
using Grpc.Core;

namespace AkkaHa.ClientApi.Connection;

/// <summary>What is known after an attempt that did not succeed. What can't be told falls to <see cref="Unanswered"/>, never to "not done".</summary>
internal enum AttemptVerdict
{
    /// <summary>It may or may not have been done.</summary>
    Unanswered,

    /// <summary>This attempt was not done and will not be; another may be.</summary>
    NotDone,

    /// <summary>A final answer: no.</summary>
    Refused,
}

/// <summary>One attempt that did not succeed.</summary>
/// <param name="Verdict">What is known.</param>
/// <param name="Error">As it would be thrown.</param>
/// <param name="NodeFailed">The node, not the request, was the trouble: others go first for a while.</param>
internal sealed record AttemptFailure(AttemptVerdict Verdict, AkkaHaException Error, bool NodeFailed)
{
    /// <summary>The node is well, and has too much to do. Others would pass the call on to it, and have more to do for it: it is the one to be asked again.</summary>
    public bool Overloaded => Error is UnavailableException && Error.Details.Text(OverloadReason.Name) == OverloadReason.Value;

    public static AttemptFailure Of(RpcException e)
    {
        if (ErrorReader.Read(e) is { } said)
        {
            return said switch
            {
                UnavailableException => new(AttemptVerdict.NotDone, said, NodeFailed: false),
                OutcomeUnknownException => new(AttemptVerdict.Unanswered, said, NodeFailed: false),
                _ => new(AttemptVerdict.Refused, said, NodeFailed: false),
            };
        }
        // From here on nobody of AkkaHa answered: a proxy, the transport or this side's own gRPC did.
        return e.StatusCode switch
        {
            StatusCode.InvalidArgument or StatusCode.Unimplemented => new(AttemptVerdict.Refused, new InvalidArgumentException(e.Status.Detail, inner: e), false),
            StatusCode.Unauthenticated => new(AttemptVerdict.Refused, new UnauthenticatedException(e.Status.Detail, inner: e), false),
            StatusCode.PermissionDenied => new(AttemptVerdict.Refused, new PermissionDeniedException(e.Status.Detail, inner: e), false),
            _ when WasNeverSent(e.Status.DebugException) => new(AttemptVerdict.NotDone, new UnavailableException($"could not connect: {e.Status.Detail}", inner: e), true),
            _ => new(AttemptVerdict.Unanswered, new OutcomeUnknownException($"no certain answer: {e.Status.Detail}", inner: e), e.Status.DebugException is not null),
        };
    }

    public static AttemptFailure TimedOut(TimeSpan after) =>
        new(AttemptVerdict.Unanswered, new OutcomeUnknownException($"no answer within {after.TotalSeconds:0.###} s"), NodeFailed: true);

    /// <summary>The connection never came to be. Later failures (reset, end of stream) are no proof: the request may have got through.</summary>
    private static bool WasNeverSent(Exception? e) => e switch
    {
        null => false,
        HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError } => true,
        _ => WasNeverSent(e.InnerException),
    };
}
