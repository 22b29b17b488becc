namespace AkkaHa.Load;

/// <summary>A store of keys under load, through its client. What does not throw was acknowledged.</summary>
public interface IKeyTarget : IAsyncDisposable
{
    /// <summary>For people.</summary>
    string Name { get; }

    /// <summary>Writes some value.</summary>
    Task PutAsync(string key, CancellationToken ct);

    /// <summary>Reads, linearizably.</summary>
    Task GetAsync(string key, CancellationToken ct);
}
