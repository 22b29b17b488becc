namespace AkkaHa.ClientApi.DistributedLock;

/// <summary>
/// Runs asynchronous work to its end on the caller's thread. The work itself runs on the pool, so a caller's synchronization context or task scheduler, which may have this one thread only, is not needed for it.
/// </summary>
internal static class Blocking
{
    public static T Run<T>(Func<Task<T>> work) => Task.Run(work).GetAwaiter().GetResult();

    public static void Run(Func<Task> work) => Task.Run(work).GetAwaiter().GetResult();
}
