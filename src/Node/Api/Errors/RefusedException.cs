using AkkaHa.Messages.Internal;

namespace AkkaHa.Node.Api.Errors;

/// <summary>Ends a call with a refusal; <see cref="FailureInterceptor"/> and <see cref="ErrorBodies"/> put it on the wire.</summary>
/// <param name="failure">What the caller is told.</param>
/// <param name="httpStatus">An HTTP status that says more than the table's (405, 413, 415); null: the table's.</param>
internal sealed class RefusedException(Failure failure, int? httpStatus = null) : Exception(failure.Message)
{
    public Failure Failure { get; } = failure;

    public int? HttpStatus { get; } = httpStatus;
}
