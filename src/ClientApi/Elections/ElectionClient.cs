using System.Runtime.CompilerServices;
using System.Text;
using AkkaHa.ClientApi.Connection;
using AkkaHa.ClientApi.Elections;
using AkkaHa.ClientApi.Errors;
using Microsoft.Extensions.Logging;

namespace AkkaHa.ClientApi;

/// <summary>
/// Elections: of all who campaign, one leads at a time, in the order of asking. A lock, <c>elections/NAME</c>, decides who; a key of the same name, which is written only under that lock and goes with
/// the leader's session, tells everybody else.
/// </summary>
public sealed class ElectionClient
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);
    // How often an observer looks whether the one it was told of still holds the lock: mostly it hears of the end from the key, which goes first or with the session. Seldom, and not all
    // observers at once: the answer has everybody who waits.
    private static readonly TimeSpan LookAfter = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LookAfterAtMost = TimeSpan.FromSeconds(20);

    private readonly LockClient _locks;
    private readonly KeyClient _keys;
    private readonly TransactionClient _transactions;
    private readonly AkkaHaClientOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;

    internal ElectionClient(LockClient locks, KeyClient keys, TransactionClient transactions, AkkaHaClientOptions options)
    {
        _locks = locks;
        _keys = keys;
        _transactions = transactions;
        _options = options;
        _time = options.TimeProvider;
        _logger = options.LoggerFactory.CreateLogger("AkkaHa.ClientApi.Elections");
    }

    /// <summary>
    /// Waits to lead, and then does: when this returns, the lock is held and <paramref name="value"/> is proclaimed, both durable. Dispose the result to resign.
    /// </summary>
    /// <param name="election">1 to 500 UTF-8 bytes; <c>/</c> separates segments.</param>
    /// <param name="value">What observers shall see: the leader's address, for example.</param>
    /// <param name="timeout">How long to wait for others to resign or die; left out: for ever.</param>
    /// <param name="cancellationToken">Stops waiting, and leaves nothing behind.</param>
    /// <exception cref="LockHeldException">Others led all the time.</exception>
    /// <exception cref="UnavailableException">No node could serve it.</exception>
    /// <exception cref="OutcomeUnknownException">No certain answer; if it was elected, it resigns as soon as a node answers.</exception>
    /// <exception cref="LimitExceededException">Too many campaign.</exception>
    /// <exception cref="TransactionAbortedException">It was elected, and somebody resolved its proclamation away; it has resigned.</exception>
    /// <exception cref="InvalidArgumentException">A bad name or timeout, or the value is too long.</exception>
    public async Task<Leadership> CampaignAsync(string election, ReadOnlyMemory<byte> value, TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        var name = ElectionName.Of(election);
        Require.Value(Leader.Encode(new Fence(long.MaxValue), value.Span));
        Require.Wait("timeout", timeout ?? TimeSpan.Zero);
        var until = new Deadline(timeout ?? Timeout.InfiniteTimeSpan, _time);
        while (true)
        {
            var held = await _locks.AcquireAsync(name, until.Left == TimeSpan.MaxValue ? null : until.Left, cancellationToken);
            var leadership = new Leadership(election, held, new LeaderKey(name, held, _keys, _time, _logger), _time);
            try
            {
                await ProclaimFirstAsync(leadership, value, cancellationToken);
                return leadership;
            }
            catch (Exception e)
            {
                // Lost before it was proclaimed: as if it had not been elected yet.
                var isLost = e is FenceStaleException or SessionExpiredException || (e is AkkaHaException && leadership.IsLost);
                await leadership.DisposeAsync();
                if (!isLost) throw;
            }
        }
    }

    /// <summary>Waits to lead, with a text as the value. Otherwise as <see cref="CampaignAsync(string, ReadOnlyMemory{byte}, TimeSpan?, CancellationToken)"/>.</summary>
    /// <inheritdoc cref="CampaignAsync(string, ReadOnlyMemory{byte}, TimeSpan?, CancellationToken)" path="/*[not(self::summary)]"/>
    public Task<Leadership> CampaignAsync(string election, string value, TimeSpan? timeout = null, CancellationToken cancellationToken = default) =>
        CampaignAsync(election, Encoding.UTF8.GetBytes(value), timeout, cancellationToken);

    /// <summary>
    /// Who leads: at some moment between the call and its return, this leadership's lock was held and this was its value. Null: there was such a moment at which nobody had proclaimed and held it.
    /// Only who refuses older fences may rely on it for longer.
    /// </summary>
    /// <exception cref="UnavailableException">No node could answer in time, or not for certain.</exception>
    /// <exception cref="InvalidArgumentException">A bad name.</exception>
    public async Task<Leader?> GetLeaderAsync(string election, CancellationToken cancellationToken = default)
    {
        var name = ElectionName.Of(election);
        while (true)
        {
            if (await _keys.GetAsync(name, cancellationToken) is not { } entry) return null;
            var leader = Leader.From(election, entry.Value, entry.Revision);
            // The key outlives the lock for a moment, when a session ends.
            var check = await CheckAsync(name, leader, cancellationToken);
            if (check.ConditionsHeld) return leader;
            if (IsNobodys(check)) return null;
        }
    }

    /// <summary>
    /// The leader now, and then every change: each proclamation, and null each time that the leader's value goes, since it resigned or its session has ended, or is nobody's any more: a lock that was lost
    /// otherwise (by force) is looked for every 2 s at first, and less and less often, at last every 15 to 25 s. None is left out and all are in order, unless the observer is so slow that the cluster has forgotten some; then it goes on with the
    /// present one. Ends by cancellation or an exception.
    /// </summary>
    /// <param name="election">1 to 500 UTF-8 bytes.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="UnavailableException">No node could answer in time, at its beginning.</exception>
    /// <exception cref="LimitExceededException">A node has too many watches.</exception>
    /// <exception cref="InvalidArgumentException">A bad name.</exception>
    public async IAsyncEnumerable<Leader?> ObserveAsync(string election, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var name = ElectionName.Of(election);
        while (true)
        {
            var from = await _keys.GetPositionAsync(cancellationToken);
            var entry = await _keys.GetAsync(name, cancellationToken);
            var told = entry?.Revision ?? Revision.Absent;
            var leader = entry is null ? null : Leader.From(election, entry.Value, entry.Revision);
            if (leader is not null && await IsOverAsync(name, leader, cancellationToken)) leader = null;
            yield return leader;

            await using var changes = new KeyChanges(_keys.WatchKeyAsync, name, from, _time, cancellationToken);
            var silence = LookAfter;
            while (await changes.NextAsync(leader is null ? Timeout.InfiniteTimeSpan : silence * (0.75 + (0.5 * Random.Shared.NextDouble()))) is not Turn.Over and var turn)
            {
                silence = turn != Turn.Silence ? LookAfter : silence * 1.5 < LookAfterAtMost ? silence * 1.5 : LookAfterAtMost;
                if (turn == Turn.Silence)
                {
                    if (!await IsSeenToBeOverAsync(name, leader!, cancellationToken)) continue;
                    leader = null;
                }
                else
                {
                    var change = changes.Current;
                    // Already in what was read.
                    if (change.Revision.CompareTo(told) <= 0) continue;
                    told = change.Revision;
                    // That it is none was told when the lock was lost.
                    if (change.Value is null && leader is null) continue;
                    leader = change.Value is { } value ? Leader.From(election, value, change.Revision) : null;
                }
                yield return leader;
            }
        }
    }

    /// <summary>The first proclamation: until it is done, for as long as it leads. That a transaction was in its way is no reason to resign.</summary>
    private async Task ProclaimFirstAsync(Leadership leadership, ReadOnlyMemory<byte> value, CancellationToken cancel)
    {
        for (var backoff = new Backoff(FirstPause, LongestPause); ; await Task.Delay(backoff.Next(), _time, cancel))
        {
            try
            {
                await leadership.ProclaimAsync(value, cancel);
                return;
            }
            catch (AkkaHaException e) when (!leadership.IsLost && TransactionClient.IsWorthAnother(e))
            {
                _logger.LogDebug(e, "The first proclamation of election {Election} was not made; trying on", leadership.Election);
            }
        }
    }

    /// <summary>While nobody answers, what was told last goes on being the last word.</summary>
    private async Task<bool> IsSeenToBeOverAsync(string name, Leader leader, CancellationToken cancel)
    {
        try
        {
            return await IsOverAsync(name, leader, cancel);
        }
        catch (AkkaHaException e) when (e is UnavailableException or LimitExceededException)
        {
            _logger.LogDebug(e, "Whether election {Election} is still led can't be seen now", leader.Election);
            return false;
        }
    }

    /// <summary>Whether this is the last that was proclaimed, and its lock is lost. (While another was proclaimed since, that is on its way.)</summary>
    private async Task<bool> IsOverAsync(string name, Leader leader, CancellationToken cancel)
    {
        // Mostly it leads, and to see that takes one entity only.
        var state = await _locks.GetAsync(name, cancel);
        return !state.Holders.Any(h => h.Fence == leader.Fence) && IsNobodys(await CheckAsync(name, leader, cancel));
    }

    private static bool IsNobodys(TransactionResult check) => check.ConditionResults is [true, false];

    /// <summary>Whether the key is as it was when it was read, and the lock held, at one moment. It changes nothing, so whatever keeps it from being answered, it can be asked again.</summary>
    private async Task<TransactionResult> CheckAsync(string name, Leader leader, CancellationToken cancel)
    {
        var until = new Deadline(_options.GiveUpAfter, _time);
        for (var backoff = new Backoff(FirstPause, LongestPause); ; await Task.Delay(backoff.Next(), _time, cancel))
        {
            try
            {
                return await _transactions.SubmitAsync(new TransactionBuilder().IfRevision(name, leader.Revision).IfHeld(name, leader.Fence), null, cancel);
            }
            catch (AkkaHaException e) when (e is TransactionConflictException or TransactionAbortedException or OutcomeUnknownException)
            {
                if (until.Left <= TimeSpan.Zero) throw new UnavailableException($"who leads election '{leader.Election}' can't be told for certain ({e.Message})", inner: e);
            }
        }
    }
}
