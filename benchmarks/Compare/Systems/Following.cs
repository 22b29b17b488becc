namespace AkkaHa.Compare.Systems;

/// <summary>Something that goes on until it is disposed of.</summary>
internal sealed class Following : IAsyncDisposable
{
    private readonly CancellationTokenSource stop = new();
    private readonly Task running;

    public Following(Func<CancellationToken, Task> follow) => running = Task.Run(() => follow(stop.Token));

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        // How it ends is of no interest any more: what it missed was missed by those who waited for it.
        await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        stop.Dispose();
    }
}
