namespace AkkaHa.ClientApi;

/// <summary>The id of a transaction: the same id with the same content is the same transaction, however often it is sent.</summary>
/// <param name="Text">Up to 64 UTF-8 bytes; the client makes uuids of version 7.</param>
public readonly record struct TransactionId(string Text)
{
    /// <inheritdoc />
    public override string ToString() => Text;
}
