using Grpc.Core;

namespace AkkaHa.ClientApi.Connection;

/// <summary>
/// Sends calls until they are answered or it is time to give up. A mutation goes out under one id, each time as the next attempt: the
/// server answers a repeat with the outcome of the first, so an answer, whenever it comes, is the answer.
/// </summary>
internal sealed class CallRepeater(EndpointPool endpoints, OwnerRing ring, ServerClock clock, AkkaHaClientOptions options, CancellationToken closing)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LongestHint = TimeSpan.FromSeconds(2);

    // For the answer that a deadline has passed: until it is stored, and a repeat of the call has fetched it.
    private static readonly TimeSpan AfterDeadline = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LeastForAnAttempt = TimeSpan.FromMilliseconds(200);

    private readonly TimeProvider _time = options.TimeProvider;

    /// <summary>A call that changes nothing, or nothing more when it is repeated.</summary>
    /// <exception cref="UnavailableException">No answer in time.</exception>
    public Task<Answer<TResponse>> ReadAsync<TResponse>(Call<TResponse> call, CancellationToken cancel) => RepeatAsync(call, null, cancel);

    /// <summary>A call that changes something.</summary>
    /// <exception cref="UnavailableException">Certainly not done.</exception>
    /// <exception cref="OutcomeUnknownException">Done or not.</exception>
    public Task<Answer<TResponse>> MutateAsync<TResponse>(Call<TResponse> call, Mutation mutation, CancellationToken cancel) => RepeatAsync(call, mutation, cancel);

    private async Task<Answer<TResponse>> RepeatAsync<TResponse>(Call<TResponse> call, Mutation? mutation, CancellationToken cancel)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel, closing);
        try
        {
            return await RepeatUntilStoppedAsync(call, mutation, stop.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException && stop.IsCancellationRequested)
        {
            cancel.ThrowIfCancellationRequested();
            throw new ObjectDisposedException(typeof(AkkaHaClient).FullName, $"{call.Name}: the client was disposed meanwhile.");
        }
    }

    private async Task<Answer<TResponse>> RepeatUntilStoppedAsync<TResponse>(Call<TResponse> call, Mutation? mutation, CancellationToken stop)
    {
        var startedAt = _time.GetTimestamp();
        var limit = Most(options.GiveUpAfter, call.Deadline > TimeSpan.Zero ? call.Deadline + AfterDeadline : TimeSpan.Zero) + call.Wait;
        var backoff = new Backoff(FirstPause, LongestPause);
        var failedOver = false;
        Endpoint? last = null;
        while (true)
        {
            stop.ThrowIfCancellationRequested();
            var owner = (await ring.CurrentAsync(stop))?.OwnerOf(call.Shard);
            var endpoint = endpoints.Choose(owner, last);
            var left = limit - _time.GetElapsedTime(startedAt);
            var patience = call.AttemptTimeout ?? options.AttemptTimeout;
            var timeout = Most(patience, call.LeastAttemptTimeout) + call.Wait;
            var (answer, failure) = await TryAsync(call, endpoint, mutation, timeout < left ? timeout : left, stop);
            if (failure is null) return answer;
            if (failure.Verdict == AttemptVerdict.Refused) throw failure.Error;
            if (failure.Verdict == AttemptVerdict.Unanswered && mutation is not null) mutation.InDoubt = true;
            if (!failure.Overloaded) ring.Refresh();
            // A node that could not even be reached costs no pause the first time: another is asked at once.
            var pause = failure is { NodeFailed: true, Verdict: AttemptVerdict.NotDone } && !failedOver ? TimeSpan.Zero : Pause(backoff, failure);
            failedOver = true;
            // What is sent with no time left for its answer would only put in doubt what was certain.
            if (_time.GetElapsedTime(startedAt) + pause + Least(limit / 10, LeastForAnAttempt) >= limit) throw GiveUp(call.Name, mutation, limit, failure.Error);
            if (pause > TimeSpan.Zero) await Task.Delay(pause, _time, stop);
            last = failure.Overloaded ? null : endpoint;
        }
    }

    private async Task<(Answer<TResponse> Answer, AttemptFailure? Failure)> TryAsync<TResponse>(
        Call<TResponse> call, Endpoint endpoint, Mutation? mutation, TimeSpan timeout, CancellationToken stop)
    {
        using var late = new CancellationTokenSource(timeout > TimeSpan.Zero ? timeout : TimeSpan.FromMilliseconds(1), _time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(stop, late.Token);
        var sentAt = _time.GetTimestamp();
        try
        {
            using var sent = call.Send(endpoint.Invoker, new CallOptions(cancellationToken: linked.Token), mutation?.Next(sentAt) ?? 1);
            var response = await sent;
            var headers = await sent.ResponseHeadersAsync;
            clock.Observe(headers, sentAt);
            ring.Observe(headers);
            endpoint.Answered();
            return (new Answer<TResponse>(response, sentAt), null);
        }
        catch (RpcException e) when (!linked.IsCancellationRequested)
        {
            clock.Observe(e.Trailers, sentAt);
            ring.Observe(e.Trailers);
            var failure = AttemptFailure.Of(e);
            if (failure.NodeFailed) endpoint.Failed(sentAt);
            else endpoint.Answered();
            return (default, failure);
        }
        catch (Exception e) when (e is RpcException or OperationCanceledException)
        {
            if (mutation is not null) mutation.InDoubt = true;
            stop.ThrowIfCancellationRequested();
            endpoint.TimedOut(sentAt);
            return (default, AttemptFailure.TimedOut(timeout));
        }
    }

    private static TimeSpan Least(TimeSpan a, TimeSpan b) => a < b ? a : b;

    private static TimeSpan Most(TimeSpan a, TimeSpan b) => a > b ? a : b;

    private static TimeSpan Pause(Backoff backoff, AttemptFailure failure)
    {
        var pause = backoff.Next();
        var hint = (failure.Error as UnavailableException)?.RetryAfter ?? TimeSpan.Zero;
        hint = hint < LongestHint ? hint : LongestHint;
        // Once to twice as long: who was refused at the same time, and told the same, must not come back at the same time.
        hint *= 1 + Random.Shared.NextDouble();
        return pause > hint ? pause : hint;
    }

    private static AkkaHaException GiveUp(string name, Mutation? mutation, TimeSpan limit, AkkaHaException last) =>
        mutation is { InDoubt: true }
            ? new OutcomeUnknownException($"{name}: no certain answer within {limit.TotalSeconds:0.#} s ({last.Message}); it may or may not have been done", mutation.KnownAs, inner: last)
            : new UnavailableException($"{name}: not possible within {limit.TotalSeconds:0.#} s ({last.Message}){(mutation is null ? "" : "; it was not done")}", inner: last);
}
