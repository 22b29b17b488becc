using System.Diagnostics;
using System.Text.Json;
using System.Threading.Channels;

namespace AkkaHa.Chaos.Histories;

/// <summary>Writes operations and faults down while they happen. One clock for all.</summary>
sealed class Recorder : IAsyncDisposable
{
    private static readonly TimeSpan FlushEvery = TimeSpan.FromMilliseconds(500);

    private readonly Stopwatch clock = Stopwatch.StartNew();
    private readonly Channel<object> lines = Channel.CreateUnbounded<object>(new UnboundedChannelOptions { SingleReader = true });
    private readonly HistoryFiles files;
    private readonly Task writing;
    private long acknowledged;

    public Recorder(HistoryFiles files)
    {
        this.files = files;
        writing = Task.Run(WriteAsync);
    }

    /// <summary>Microseconds since the start.</summary>
    public long Now => (long)(clock.Elapsed.TotalSeconds * 1_000_000);

    /// <summary>How many operations were acknowledged so far.</summary>
    public long Acknowledged => Interlocked.Read(ref acknowledged);

    public void Add(Operation operation)
    {
        if (operation.Outcome == Outcome.Ok) Interlocked.Increment(ref acknowledged);
        lines.Writer.TryWrite(operation);
    }

    public void Add(FaultDone fault) => lines.Writer.TryWrite(fault);

    /// <summary>Everything is in the files when this returns.</summary>
    public async ValueTask DisposeAsync()
    {
        lines.Writer.TryComplete();
        await writing;
    }

    private async Task WriteAsync()
    {
        await using var operations = new StreamWriter(files.Operations);
        await using var faults = new StreamWriter(files.Faults);
        while (await lines.Reader.WaitToReadAsync())
        {
            while (lines.Reader.TryRead(out var line))
            {
                if (line is Operation operation) await operations.WriteLineAsync(JsonSerializer.Serialize(operation, HistoryFiles.Json));
                else await faults.WriteLineAsync(JsonSerializer.Serialize((FaultDone)line, HistoryFiles.Json));
            }
            // Should this program be killed, the history is there up to now.
            await operations.FlushAsync();
            await faults.FlushAsync();
            await Task.Delay(FlushEvery);
        }
    }
}
