namespace AkkaHa.ClientApi.DistributedLock;

/// <summary>Exceptions as users of DistributedLock.Core know them; what it has no word for stays as it is.</summary>
internal static class Failures
{
    public static Exception Of(Exception e, CancellationToken cancel) => e switch
    {
        OperationCanceledException when cancel.IsCancellationRequested => new OperationCanceledException(e.Message, e, cancel),
        DeadlockException or UpgradeConflictException => new Medallion.Threading.DeadlockException(e.Message, e),
        _ => e,
    };
}
