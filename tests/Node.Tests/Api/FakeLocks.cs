using System.Runtime.CompilerServices;
using AkkaHa.Messages.V1;
using AkkaHa.Node.Api.Errors;
using AkkaHa.Node.Api.Locks;

namespace AkkaHa.Node.Tests.Api;

/// <summary>Lists and watches of locks that answer as a test says.</summary>
internal sealed class FakeLocks : ILockLists, ILockWatches
{
    public ListLocksRequest? Listed { get; private set; }

    public WatchLocksRequest? Watched { get; private set; }

    public ListLocksResponse List { get; set; } = new();

    /// <summary>What a watch gives, then what ends it; null there: it does not end.</summary>
    public LockEvent[] Events { get; set; } = [];

    public RefusedException? End { get; set; }

    public Task<ListLocksResponse> ListAsync(ListLocksRequest request, CancellationToken ct)
    {
        Listed = request;
        return Task.FromResult(List);
    }

    public async IAsyncEnumerable<IReadOnlyList<LockEvent>> WatchAsync(WatchLocksRequest request, TaskCompletionSource cutOff, [EnumeratorCancellation] CancellationToken ct)
    {
        Watched = request;
        if (Events.Length > 0) yield return Events;
        if (End is { } end) throw end;
        await Task.Delay(Timeout.Infinite, ct);
    }
}
