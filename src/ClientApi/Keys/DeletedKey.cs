namespace AkkaHa.ClientApi;

/// <summary>What a delete did.</summary>
/// <param name="Deleted">Whether there was something to delete.</param>
/// <param name="Revision">The key's latest revision, the delete included; deleting what is not there makes none.</param>
public readonly record struct DeletedKey(bool Deleted, Revision Revision);
