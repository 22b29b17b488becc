using AkkaHa.Messages;

namespace AkkaHa.Node.Api.Http;

/// <summary>
/// A client that does not read may take all its time, and what it has not taken is bounded. Once its watch was cut off, it has seconds for what is on its way: then its call is aborted, or it would stay
/// open until the client reads, which may be never.
/// </summary>
internal sealed class LastSend(Task cutOff, TimeProvider time, Action abort)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(Limits.WatchLastSendSeconds);

    /// <summary>One of those that may turn out to be the last.</summary>
    public ValueTask WaitAsync(ValueTask send) => send.IsCompleted ? send : new ValueTask(UntilCutOffAsync(send.AsTask()));

    /// <summary>What is sent after the watch was cut off.</summary>
    public async Task<T> EndAsync<T>(Task<T> send)
    {
        await OrAbortAsync(send);
        return await send;
    }

    private async Task UntilCutOffAsync(Task send)
    {
        if (await Task.WhenAny(send, cutOff) != send) await OrAbortAsync(send);
        await send;
    }

    private async Task OrAbortAsync(Task send)
    {
        using var enough = new CancellationTokenSource();
        if (await Task.WhenAny(send, Task.Delay(Patience, time, enough.Token)) != send) abort();
        await enough.CancelAsync();
    }
}
