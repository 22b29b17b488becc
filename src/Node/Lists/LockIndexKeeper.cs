namespace AkkaHa.Node.Lists;

/// <summary>On the leader, every second: brings the index of locks forward, or makes it where there is none, so that a list finds little left to read. Two leaders at a time do no harm.</summary>
internal sealed class LockIndexKeeper(LockIndex index, Func<bool> isLeader, ILogger<LockIndexKeeper> log) : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(1);

    private string? lastFailure;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Every);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
                if (isLeader()) await RoundAsync(stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The node is leaving.
        }
    }

    private async Task RoundAsync(CancellationToken ct)
    {
        try
        {
            if (await index.AdvanceAsync(null, ct) is null && await index.RebuildAsync(ct)) log.LogInformation("The index of locks is made");
            lastFailure = null;
        }
        catch (Exception e) when (!ct.IsCancellationRequested)
        {
            // Whatever it is, the next round may fare better, and lists say by themselves that they can't be had.
            if (lastFailure != e.Message) log.LogWarning("The index of locks could not be brought forward: {Message}", e.Message);
            lastFailure = e.Message;
        }
    }
}
