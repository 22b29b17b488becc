namespace AkkaHa.ClientApi;

/// <summary>What was given is no backup, or not whole, or not as it was written. Nothing was restored.</summary>
public sealed class InvalidBackupException : Exception
{
    internal InvalidBackupException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
