using System.Runtime.CompilerServices;
using System.Text;
using AkkaHa.ClientApi.Connection;
using AkkaHa.ClientApi.Elections;
using AkkaHa.ClientApi.Errors;

namespace AkkaHa.ClientApi;

/// <summary>
/// Elections: of all who campaign, one leads at a time, in the order of asking. A lock, <c>elections/NAME</c>, decides who; a key of the same name, which is written only under that lock and goes with
/// the leader's session, tells everybody else.
/// </summary>
public sealed class ElectionClient
{
    private readonly LockClient _locks;
    private readonly KeyClient _keys;
    private readonly TransactionClient _transactions;
    private readonly TimeProvider _time;

    internal ElectionClient(LockClient locks, KeyClient keys, TransactionClient transactions, TimeProvider time)
    {
        _locks = locks;
        _keys = keys;
        _transactions = transactions;
        _time = time;
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
            var leadership = new Leadership(election, name, held, _keys);
            try
            {
                await leadership.ProclaimAsync(value, cancellationToken);
                return leadership;
            }
            catch (Exception e)
            {
                await leadership.DisposeAsync();
                // Lost before it was proclaimed: as if it had not been elected yet.
                if (e is not (FenceStaleException or SessionExpiredException)) throw;
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
    /// <exception cref="UnavailableException">No node could answer in time.</exception>
    /// <exception cref="InvalidArgumentException">A bad name.</exception>
    public async Task<Leader?> GetLeaderAsync(string election, CancellationToken cancellationToken = default)
    {
        var name = ElectionName.Of(election);
        while (true)
        {
            if (await _keys.GetAsync(name, cancellationToken) is not { } entry) return null;
            var leader = Leader.From(election, entry.Value, entry.Revision);
            // The key outlives the lock for a moment, when a session ends.
            var check = await _transactions.SubmitAsync(new TransactionBuilder().IfRevision(name, entry.Revision).IfHeld(name, leader.Fence), null, cancellationToken);
            if (check.ConditionsHeld) return leader;
            if (check.ConditionResults is [true, false]) return null;
        }
    }

    /// <summary>
    /// The leader now, and then every change: each proclamation, and null each time that the leader's value goes, since it resigned or its session has ended. None is left out and all are in order,
    /// unless the observer is so slow that the cluster has forgotten some; then it goes on with the present one. Ends by cancellation or an exception.
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
            yield return entry is null ? null : Leader.From(election, entry.Value, entry.Revision);
            var told = entry?.Revision ?? Revision.Absent;
            await using var changes = _keys.WatchKeyAsync(name, from, cancellationToken: cancellationToken).GetAsyncEnumerator(cancellationToken);
            while (await NextAsync(changes))
            {
                var change = changes.Current;
                // Already in what was read.
                if (change.Revision.CompareTo(told) <= 0) continue;
                told = change.Revision;
                yield return change.Value is { } value ? Leader.From(election, value, change.Revision) : null;
            }
        }
    }

    /// <summary>False: the cluster has forgotten what comes next.</summary>
    private static async Task<bool> NextAsync(IAsyncEnumerator<KeyEvent> changes)
    {
        try
        {
            return await changes.MoveNextAsync();
        }
        catch (CompactedException)
        {
            return false;
        }
    }
}
