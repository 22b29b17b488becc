using AkkaHa.Messages.V1;
using Grpc.Core;
using Grpc.Core.Interceptors;

namespace AkkaHa.Node.Monitoring;

/// <summary>What operators do to others' work goes into the log, and so into the events: whoever wonders about it afterwards finds it there.</summary>
internal sealed class OperatorActions(ILoggerFactory loggers) : Interceptor
{
    private readonly ILogger log = loggers.CreateLogger("AkkaHa.Operator");

    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        var response = await continuation(request, context);
        switch (request, response)
        {
            case (ForceReleaseLockRequest force, ForceReleaseLockResponse ended):
                log.LogWarning("Lock {Lock} was released by force, {Count} holdings ({Reason})", force.Name, ended.Fences.Count, force.Reason.Length == 0 ? "no reason given" : force.Reason);
                break;
            case (ResolveTransactionRequest resolve, TransactionStatus status):
                log.LogWarning("Transaction {TransactionId} was resolved by an operator: {Outcome}", resolve.TransactionId, status.Outcome);
                break;
            default:
                break;
        }
        return response;
    }
}
