namespace AkkaHa.ClientApi.Elections;

/// <summary>What a turn of <see cref="KeyChanges"/> has brought.</summary>
internal enum Turn
{
    /// <summary>The cluster has forgotten what comes next.</summary>
    Over = 0,

    /// <summary>A change.</summary>
    Change = 1,

    /// <summary>No change for so long.</summary>
    Silence = 2,
}

/// <summary>The changes of one key, for who also wants to know when there was none for a while.</summary>
internal sealed class KeyChanges : IAsyncDisposable
{
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stop;
    private readonly IAsyncEnumerator<KeyEvent> _changes;
    // Asked for, and not told yet.
    private Task<Turn>? _next;

    public KeyChanges(Func<string, WatchPosition?, WatchOptions?, CancellationToken, IAsyncEnumerable<KeyEvent>> watch, string key, WatchPosition from, TimeProvider time, CancellationToken cancel)
    {
        _time = time;
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        _changes = watch(key, from, null, _stop.Token).GetAsyncEnumerator(_stop.Token);
    }

    /// <summary>After <see cref="Turn.Change"/>.</summary>
    public KeyEvent Current => _changes.Current;

    /// <summary>The next change, or silence.</summary>
    public async Task<Turn> NextAsync(TimeSpan silence)
    {
        var next = _next ??= MoveAsync();
        try
        {
            var turn = await next.WaitAsync(silence, _time);
            _next = null;
            return turn;
        }
        catch (TimeoutException) when (!next.IsFaulted)
        {
            return Turn.Silence;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        if (_next is not null) await ((Task)_next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _changes.DisposeAsync();
        _stop.Dispose();
    }

    private async Task<Turn> MoveAsync()
    {
        try
        {
            // A watch has no end of its own.
            return await _changes.MoveNextAsync() ? Turn.Change : Turn.Over;
        }
        catch (CompactedException)
        {
            return Turn.Over;
        }
    }
}
