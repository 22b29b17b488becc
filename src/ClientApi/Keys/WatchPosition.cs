namespace AkkaHa.ClientApi;

/// <summary>A place in the order in which a cluster tells of changes. It stays good across restarts for as long as the cluster keeps that far back.</summary>
/// <param name="Text">Opaque: only the cluster can compare two of them.</param>
public readonly record struct WatchPosition(string Text)
{
    /// <inheritdoc />
    public override string ToString() => Text ?? "";
}
