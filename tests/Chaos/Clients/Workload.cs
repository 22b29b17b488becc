using AkkaHa.Messages;

namespace AkkaHa.Chaos.Clients;

/// <summary>One client that does one kind of thing again and again, and writes down each.</summary>
abstract class Workload(string name, Bench bench, int seed)
{
    /// <summary>Who it is in the history.</summary>
    public string Name => name;

    /// <summary>Between two things, on average.</summary>
    public virtual TimeSpan Think => TimeSpan.FromMilliseconds(15);

    protected Bench Bench => bench;

    protected Random Random { get; } = new(seed);

    protected long Now => bench.Now;

    /// <summary>Works until told to stop; what is under way then is still ended and recorded.</summary>
    public async Task RunAsync(CancellationToken until)
    {
        while (!until.IsCancellationRequested)
        {
            await StepAsync();
            await Task.Delay(Think * (2 * Random.NextDouble()), until).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        await EndAsync();
    }

    /// <summary>One thing. Throws only for bugs of this program.</summary>
    protected abstract Task StepAsync();

    /// <summary>What is still open when all is over.</summary>
    protected virtual Task EndAsync() => Task.CompletedTask;

    protected string Use(EntityId entity)
    {
        bench.InUse.Touch(entity);
        return entity.Name;
    }
}
