using AkkaHa.ClientApi.Caching;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Options;

namespace AkkaHa.ClientApi;

/// <summary>
/// A distributed cache that is linearizable and survives the machines it runs on: a read sees every change that was finished before it began, whoever made it. The servers
/// end what has expired. Register it with <c>services.AddAkkaHa(…).AddAkkaHaDistributedCache()</c>.
/// </summary>
/// <remarks>
/// Reading an entry that has a sliding expiration writes it anew, unless that was done within the last hundredth of that time (a second at most); so much longer it may stay.
/// An entry without any expiration stays until it is removed; with one, 365 days after it was last written at most. Absolute times are taken as what is left of them by this machine's clock, and kept by the servers' clock from then on. Values
/// may have 1 MiB less 25 bytes. Failures are those of <see cref="KeyClient"/>; but a read that got its value gives it, also when the entry could not be renewed.
/// </remarks>
public sealed class AkkaHaDistributedCache : IDistributedCache
{
    // DateTimeOffset.MaxValue, for one, means that it never goes.
    private static readonly TimeSpan ForEver = TimeSpan.FromDays(365 * 100);

    private readonly AkkaHaClient _client;
    private readonly CacheKeys _keys;

    /// <summary>A cache over a client, which stays the caller's.</summary>
    /// <param name="client">The client.</param>
    /// <param name="options">Where the entries are.</param>
    /// <exception cref="ArgumentException">The prefix is none.</exception>
    public AkkaHaDistributedCache(AkkaHaClient client, IOptions<AkkaHaCacheOptions> options)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(options);
        if (CacheKeys.WhatIsWrongWith(options.Value.KeyPrefix) is { } wrong) throw new ArgumentException(wrong, nameof(options));
        _client = client;
        _keys = new CacheKeys(options.Value.KeyPrefix);
    }

    /// <summary>The value, and a new beginning of its sliding time; null when there is none.</summary>
    /// <param name="key">Any text.</param>
    /// <param name="token">Gives the call up.</param>
    public async Task<byte[]?> GetAsync(string key, CancellationToken token = default) => (await UseAsync(key, mustRenew: false, token))?.Value.ToArray();

    /// <summary>Begins the sliding time of an entry anew; there need be none.</summary>
    /// <param name="key">Any text.</param>
    /// <param name="token">Gives the call up.</param>
    public Task RefreshAsync(string key, CancellationToken token = default) => UseAsync(key, mustRenew: true, token);

    /// <summary>Removes an entry; there need be none. Durable when this returns.</summary>
    /// <param name="key">Any text.</param>
    /// <param name="token">Gives the call up.</param>
    public async Task RemoveAsync(string key, CancellationToken token = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        await _client.Keys.DeleteAsync(_keys.NameOf(key), cancellationToken: token);
    }

    /// <summary>Stores a value in place of what was there. Durable when this returns.</summary>
    /// <param name="key">Any text.</param>
    /// <param name="value">Up to 1 MiB less 25 bytes.</param>
    /// <param name="options">When it goes. Of two absolute times the relative one counts; a sliding time never goes beyond an absolute one.</param>
    /// <param name="token">Gives the call up.</param>
    /// <exception cref="ArgumentOutOfRangeException">The absolute time is not in the future.</exception>
    /// <exception cref="InvalidArgumentException">The value is too long.</exception>
    public async Task SetAsync(string key, byte[] value, DistributedCacheEntryOptions options, CancellationToken token = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(value);
        ArgumentNullException.ThrowIfNull(options);
        if (value.Length > CacheEntry.ValueBytesMax) throw new InvalidArgumentException($"value has {value.Length} bytes; the limit is {CacheEntry.ValueBytesMax}");
        var left = options.AbsoluteExpirationRelativeToNow ?? options.AbsoluteExpiration - _client.Time.GetUtcNow();
        if (left <= TimeSpan.Zero)
            throw new ArgumentOutOfRangeException(nameof(options), options.AbsoluteExpiration, "The absolute expiration must be in the future.");
        var now = await _client.ServerTimeAsync(token);
        var entry = new CacheEntry(CacheEntry.SlidingAtMost(options.SlidingExpiration), left < ForEver ? now + left : null, now, value);
        await _client.Keys.PutAsync(_keys.NameOf(key), entry.ToBytes(), new PutOptions { Ttl = entry.TtlAt(now) }, token);
    }

    /// <inheritdoc cref="GetAsync"/>
    public byte[]? Get(string key) => Wait(() => GetAsync(key));

    /// <inheritdoc cref="SetAsync"/>
    public void Set(string key, byte[] value, DistributedCacheEntryOptions options) => Wait(() => SetAsync(key, value, options));

    /// <inheritdoc cref="RefreshAsync"/>
    public void Refresh(string key) => Wait(() => RefreshAsync(key));

    /// <inheritdoc cref="RemoveAsync"/>
    public void Remove(string key) => Wait(() => RemoveAsync(key));

    /// <summary>Reads an entry as a use of it.</summary>
    private async Task<CacheEntry?> UseAsync(string key, bool mustRenew, CancellationToken token)
    {
        ArgumentNullException.ThrowIfNull(key);
        var name = _keys.NameOf(key);
        if (await _client.Keys.GetAsync(name, token) is not { } found) return null;
        var entry = CacheEntry.Parse(name, found.Value);
        var now = await _client.ServerTimeAsync(token);
        // The servers count from when a put has arrived, which may be late.
        if (entry.End <= now) return null;
        if (!entry.IsWorthRenewing(now)) return entry;
        try
        {
            var renewed = entry with { RenewedAt = now };
            await _client.Keys.PutAsync(name, renewed.ToBytes(), new PutOptions { Ttl = renewed.TtlAt(now), IfRevision = found.Revision }, token);
        }
        catch (RevisionMismatchException)
        {
            // Set, renewed, removed or expired meanwhile: that came after this read and stands.
        }
        catch (Exception e) when (!mustRenew && (e is UnavailableException or OutcomeUnknownException or LimitExceededException))
        {
            // The value is there all the same, and the next use renews the entry. Renewing was tried for as long as any call is.
        }
        return entry;
    }

    // On the pool: a caller's synchronization context must not be waited for by what it waits for.
    private static T Wait<T>(Func<Task<T>> call) => Task.Run(call).GetAwaiter().GetResult();

    private static void Wait(Func<Task> call) => Task.Run(call).GetAwaiter().GetResult();
}
