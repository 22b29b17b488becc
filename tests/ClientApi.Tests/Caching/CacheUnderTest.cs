using AkkaHa.ClientApi.Tests.Fakes;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace AkkaHa.ClientApi.Tests.Caching;

/// <summary>A cache over a store of keys, with a clock that the tests turn.</summary>
public abstract class CacheUnderTest : IAsyncLifetime
{
    private protected static readonly byte[] Value = [0, 1, 255];

    private protected readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private protected readonly FakeKeyStore _store;
    private protected FakeNode _node = null!;
    private protected AkkaHaClient _client = null!;
    private protected IDistributedCache _cache = null!;

    private protected CacheUnderTest() => _store = new FakeKeyStore(_time);

    public async Task InitializeAsync()
    {
        _node = _store.On(await FakeNode.StartAsync());
        _client = TestClient.Connect(TestClient.Patient with { TimeProvider = _time }, _node);
        _cache = new AkkaHaDistributedCache(_client, Options.Create(new AkkaHaCacheOptions()));
    }

    public async Task DisposeAsync()
    {
        await _client.DisposeAsync();
        await _node.DisposeAsync();
    }
}
