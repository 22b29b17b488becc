using System.Runtime.CompilerServices;
using AkkaHa.ClientApi.Connection;
using AkkaHa.ClientApi.Errors;
using AkkaHa.Messages;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Wire = AkkaHa.Messages.V1;

namespace AkkaHa.ClientApi.Eventual;

/// <summary>
/// Calls about one datum. They go to the same node as long as that answers, so that they see one another; where they go elsewhere, a token says what must be there already.
/// </summary>
internal sealed class EventualCalls(CallRepeater calls, RequestIds ids, EndpointPool endpoints, OwnerRing ring, AkkaHaClientOptions client, CancellationToken closing)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(15);

    private readonly WrittenKeys _written = new();

    public async Task<Value?> GetAsync(string kind, string key, EventualOptions? options, CancellationToken cancel)
    {
        options ??= new EventualOptions();
        options.Check();
        var request = new Wire.GetEventualRequest
        {
            Kind = kind, Key = key, Consistency = (Wire.EventualConsistency)options.Consistency, TimeoutSeconds = options.Timeout.TotalSeconds, Token = _written.TokenOf($"{kind}/{key}"),
        };
        try
        {
            return (await calls.ReadAsync(
                new Call<Wire.EventualValue>($"get {kind} '{key}'", ShardOf(kind, key), (invoker, call, _) => new Wire.Eventual.EventualClient(invoker).GetAsync(request, call)) { Wait = options.Timeout },
                cancel)).Value.Value;
        }
        catch (NotFoundException)
        {
            return null;
        }
    }

    public async Task<Value?> UpdateAsync(Wire.UpdateEventualRequest request, EventualOptions? options, CancellationToken cancel)
    {
        options ??= new EventualOptions();
        options.Check();
        var mutation = await MutationAsync(options, cancel);
        (request.Consistency, request.TimeoutSeconds, request.RequestId) = ((Wire.EventualConsistency)options.Consistency, options.Timeout.TotalSeconds, mutation.Id);
        var call = new Call<Wire.EventualValue>($"update {request.Kind} '{request.Key}'", ShardOf(request.Kind, request.Key), (invoker, to, attempt) =>
            new Wire.Eventual.EventualClient(invoker).UpdateAsync(new Wire.UpdateEventualRequest(request) { Attempt = attempt }, to)) { Wait = options.Timeout };
        var done = await RememberAsync($"{request.Kind}/{request.Key}", mutation, calls.MutateAsync(call, mutation, cancel), a => a.Token);
        return done.Value;
    }

    public async Task<bool> DeleteAsync(string kind, string key, EventualOptions? options, CancellationToken cancel)
    {
        options ??= new EventualOptions();
        options.Check();
        var mutation = await MutationAsync(options, cancel);
        var request = new Wire.DeleteEventualRequest
        {
            Kind = kind, Key = key, Consistency = (Wire.EventualConsistency)options.Consistency, TimeoutSeconds = options.Timeout.TotalSeconds, RequestId = mutation.Id,
        };
        var call = new Call<Wire.DeleteEventualResponse>($"delete {kind} '{key}'", ShardOf(kind, key), (invoker, to, attempt) =>
            new Wire.Eventual.EventualClient(invoker).DeleteAsync(new Wire.DeleteEventualRequest(request) { Attempt = attempt }, to)) { Wait = options.Timeout };
        return (await RememberAsync($"{kind}/{key}", mutation, calls.MutateAsync(call, mutation, cancel), a => a.Token)).Deleted;
    }

    public async Task<(IReadOnlyList<string> Keys, string Next)> ListAsync(string kind, string prefix, string after, CancellationToken cancel)
    {
        var request = new Wire.ListEventualRequest { Kind = kind, Prefix = prefix, After = after, Limit = Limits.ListPageKeys };
        var page = (await calls.ReadAsync(
            new Call<Wire.ListEventualResponse>($"list {kind}s '{prefix}'", _ => null, (invoker, call, _) => new Wire.Eventual.EventualClient(invoker).ListAsync(request, call)), cancel)).Value;
        return ([.. page.Keys], page.Next);
    }

    /// <summary>The value, again and again whenever another one is heard of, from whichever node serves it.</summary>
    public async IAsyncEnumerable<Value?> WatchAsync(string kind, string key, [EnumeratorCancellation] CancellationToken cancel)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel, closing);
        var backoff = new Backoff(FirstPause, LongestPause);
        Endpoint? last = null;
        Value? told = null;
        var first = true;
        while (true)
        {
            await ring.CurrentAsync(stop.Token);
            last = endpoints.Choose(owner: null, last);
            using var over = CancellationTokenSource.CreateLinkedTokenSource(stop.Token);
            using var watch = new Wire.Eventual.EventualClient(last.Invoker).Watch(new Wire.WatchEventualRequest { Kind = kind, Key = key }, new CallOptions(cancellationToken: over.Token));
            while (await NextAsync(watch, over, last, stop.Token) is { } change)
            {
                backoff = new Backoff(FirstPause, LongestPause);
                if (change.Heartbeat || (!first && Equals(told, change.Value))) continue;
                (first, told) = (false, change.Value);
                yield return change.Value;
            }
            await Task.Delay(backoff.Next(), client.TimeProvider, stop.Token);
        }
    }

    /// <summary>Null: this node serves it no more.</summary>
    private async Task<Wire.EventualChange?> NextAsync(AsyncServerStreamingCall<Wire.EventualChange> watch, CancellationTokenSource over, Endpoint endpoint, CancellationToken stop)
    {
        var since = client.TimeProvider.GetTimestamp();
        over.CancelAfter(Silence);
        try
        {
            if (!await watch.ResponseStream.MoveNext()) return null;
            endpoint.Answered();
            return watch.ResponseStream.Current;
        }
        catch (Exception e) when (e is RpcException or OperationCanceledException)
        {
            stop.ThrowIfCancellationRequested();
            if (e is RpcException rpc && !over.IsCancellationRequested)
            {
                var failure = AttemptFailure.Of(rpc);
                if (failure.Verdict == AttemptVerdict.Refused) throw failure.Error;
                if (!failure.NodeFailed) return null;
            }
            endpoint.Failed(since);
            return null;
        }
        finally
        {
            over.CancelAfter(Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>What is sent again may be done already, whatever becomes of it now.</summary>
    private async ValueTask<Mutation> MutationAsync(EventualOptions options, CancellationToken cancel) => options.RequestId is { } id ? new Mutation(id) { InDoubt = true } : await ids.NewMutationAsync(cancel);

    private async Task<TResponse> RememberAsync<TResponse>(string name, Mutation mutation, Task<Answer<TResponse>> call, Func<TResponse, string> token)
    {
        try
        {
            var answer = (await call).Value;
            _written.Add(name, token(answer));
            return answer;
        }
        catch (PartialException e)
        {
            _written.Add(name, e.Details.Text("token") ?? "");
            e.RequestId = mutation.Id;
            throw;
        }
    }

    // Any node would do; this makes it the same one for all who call about a key.
    private static Func<Messages.Placement.ShardMap, int?> ShardOf(string kind, string key) => CallShard.Of(EntityId.Key($"{kind}/{key}"));
}
