using AkkaHa.ClientApi.Connection;
using AkkaHa.ClientApi.Coordination;
using AkkaHa.ClientApi.Errors;
using AkkaHa.Messages;

namespace AkkaHa.ClientApi;

/// <summary>
/// A barrier: all parties of a round go on together. A round is passed in one transaction, which holds only if the session of every party lives: who died while waiting does not count, and the round waits for another in its place.
/// </summary>
public sealed class ClusterBarrier
{
    internal const int MostParties = 100;
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(300);

    private readonly AkkaHaClient _client;
    private readonly string _key;

    internal ClusterBarrier(AkkaHaClient client, string key, string name, int parties)
    {
        _client = client;
        _key = key;
        Name = name;
        Parties = parties;
    }

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>How many must arrive in each round.</summary>
    public int Parties { get; }

    /// <summary>Arrives, and waits until all parties of the round have. Every call is another party, also of one client.</summary>
    /// <param name="timeout">How long to wait; left out: for ever.</param>
    /// <param name="cancellationToken">Stops waiting; the arrival is taken back. If the round was passed in that moment, this returns as if it had not been cancelled.</param>
    /// <returns>The number of the round that was passed, from 0.</returns>
    /// <exception cref="TimeoutException">Not all came in time; this arrival is taken back.</exception>
    /// <exception cref="SessionExpiredException">The client's session was lost meanwhile, and with it the arrival, unless the round was passed before that.</exception>
    /// <exception cref="InvalidArgumentException">Others say that there is another number of parties.</exception>
    /// <exception cref="UnavailableException">No node could serve it.</exception>
    /// <exception cref="OutcomeUnknownException">No certain answer, although it was asked for twice; what there is of the arrival stays for as long as the client's session.</exception>
    public async Task<long> SignalAndWaitAsync(TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        Require.Wait("timeout", timeout ?? TimeSpan.Zero);
        var until = new Deadline(timeout ?? Timeout.InfiniteTimeSpan, _client.Time);
        var session = await _client.Sessions.GetOwnAsync(cancellationToken);
        var me = new Arrival(session.Id, Guid.CreateVersion7().ToString("N"));
        var from = await _client.Keys.GetPositionAsync(cancellationToken);
        var (round, passed) = await ArriveAsync(session, me, cancellationToken);
        if (passed) return round;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, session.LostToken);
        try
        {
            if (await KeyWait.UntilAsync(_client, _key, from, value => value is { } text && BarrierState.Parse(Name, text).Round > round, until, stop.Token))
            {
                await CheckIsCountedAsync(session);
                return round;
            }
        }
        catch (Exception e) when (e is not SessionExpiredException)
        {
            if (await HasPassedOrIsTakenBackAsync(me, round))
            {
                await CheckIsCountedAsync(session);
                return round;
            }
            cancellationToken.ThrowIfCancellationRequested();
            if (session.IsLost) throw Lost();
            throw;
        }
        if (await HasPassedOrIsTakenBackAsync(me, round))
        {
            await CheckIsCountedAsync(session);
            return round;
        }
        throw new TimeoutException($"not all of the {Parties} parties came to barrier '{Name}' in time");
    }

    /// <summary>That a round was passed is not yet that it was passed with this arrival: those of sessions that had ended were left out. One that lives now lived then.</summary>
    private async Task CheckIsCountedAsync(ClientSession session)
    {
        try
        {
            await _client.Sessions.GetAsync(session.Id);
        }
        catch (SessionExpiredException)
        {
            session.HasEnded("a barrier found it ended");
            throw Lost();
        }
        catch (UnavailableException e)
        {
            throw new OutcomeUnknownException($"a round of barrier '{Name}' was passed, but whether with this arrival could not be found out", inner: e);
        }
    }

    private SessionExpiredException Lost() => new($"the session was lost while waiting at barrier '{Name}'");

    /// <summary>The round, and whether this arrival was the last of it.</summary>
    private async Task<(long Round, bool Passed)> ArriveAsync(ClientSession session, Arrival me, CancellationToken cancel)
    {
        // Sessions never come back, so who is known to be dead stays so.
        var dead = new HashSet<SessionId>();
        var backoff = new Backoff(FirstPause, LongestPause);
        while (true)
        {
            var (state, revision) = await ReadAsync(cancel);
            if (state.Parties != Parties) throw new InvalidArgumentException($"parties is {Parties}, but barrier '{Name}' is in use with {state.Parties}");
            Arrival[] arrived = [.. state.Arrived.Where(a => !dead.Contains(a.Session)), me];
            var isFull = arrived.Length >= Parties;
            SessionId[] mustLive = isFull ? [.. arrived.Select(a => a.Session).Distinct()] : [me.Session];
            var next = isFull ? new BarrierState(state.Round + 1, Parties, []) : state with { Arrived = arrived };
            var transaction = new TransactionBuilder().IfRevision(_key, revision).Then(o => o.Put(_key, next.Text));
            foreach (var one in mustLive) transaction.IfAlive(one);
            if (await SubmitAsync(transaction, cancel) is not { } result)
            {
                await Task.Delay(backoff.Next(), _client.Time, cancel);
                continue;
            }
            if (result.ConditionsHeld) return (state.Round, isFull);
            for (var i = 0; i < mustLive.Length; i++)
                if (result.ConditionResults is { Count: > 0 } and var held && !held[i + 1]) dead.Add(mustLive[i]);
            if (dead.Contains(me.Session))
            {
                session.HasEnded("a barrier found it ended");
                throw new SessionExpiredException($"the session has ended; nobody arrived at barrier '{Name}'");
            }
            // Somebody else arrived in the same moment.
            if (result.ConditionResults is [false, ..]) await Task.Delay(backoff.Next(), _client.Time, cancel);
            cancel.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Null: it came to nothing, since others were in its way. Neither a cancellation nor a lost answer leaves it in doubt: it is heard once it is certain what became of the arrival.</summary>
    private async Task<TransactionResult?> SubmitAsync(TransactionBuilder transaction, CancellationToken cancel)
    {
        var id = await _client.Transactions.NewIdAsync(cancel);
        try
        {
            return await SubmitAsync(transaction, id, cancel);
        }
        catch (Exception e) when (e is not AkkaHaException or OutcomeUnknownException)
        {
            // The same transaction: it happens once, and now its result is known.
            return await SubmitAsync(transaction, id, CancellationToken.None);
        }
    }

    private async Task<TransactionResult?> SubmitAsync(TransactionBuilder transaction, TransactionId id, CancellationToken cancel)
    {
        try
        {
            return await _client.Transactions.SubmitAsync(transaction, id, cancel);
        }
        catch (AkkaHaException e) when (TransactionClient.IsWorthAnother(e))
        {
            return null;
        }
    }

    /// <summary>True: the round was passed. False: this arrival is not there (any more), and the round will not be passed with it.</summary>
    private async Task<bool> HasPassedOrIsTakenBackAsync(Arrival me, long round)
    {
        var backoff = new Backoff(FirstPause, LongestPause);
        while (true)
        {
            var (state, revision) = await ReadAsync(CancellationToken.None);
            if (state.Round > round) return true;
            if (!state.Arrived.Contains(me)) return false;
            var without = state with { Arrived = [.. state.Arrived.Where(a => a != me)] };
            try
            {
                await _client.Keys.PutAsync(_key, without.Text, revision);
                return false;
            }
            catch (RevisionMismatchException)
            {
                await Task.Delay(backoff.Next(), _client.Time);
            }
        }
    }

    private async Task<(BarrierState State, Revision Revision)> ReadAsync(CancellationToken cancel) => await _client.Keys.GetAsync(_key, cancel) is { } entry
        ? (BarrierState.Parse(Name, entry.Value), entry.Revision)
        : (new BarrierState(0, Parties, []), Revision.Absent);
}
