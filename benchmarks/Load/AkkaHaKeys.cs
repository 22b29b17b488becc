using AkkaHa.ClientApi;

namespace AkkaHa.Load;

/// <summary>AkkaHa through its own client as it comes: straight to the owner, repeats by itself.</summary>
public sealed class AkkaHaKeys(AkkaHaClient client) : IKeyTarget
{
    private static readonly byte[] Value = new byte[64];

    /// <inheritdoc />
    public string Name => "AkkaHa";

    /// <inheritdoc />
    public Task PutAsync(string key, CancellationToken ct) => client.Keys.PutAsync(key, Value, cancellationToken: ct);

    /// <inheritdoc />
    public Task GetAsync(string key, CancellationToken ct) => client.Keys.GetAsync(key, ct);

    /// <inheritdoc />
    public ValueTask DisposeAsync() => client.DisposeAsync();
}
