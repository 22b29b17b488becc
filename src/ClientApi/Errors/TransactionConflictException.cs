using System.Text.Json;
using AkkaHa.Messages.V1;

namespace AkkaHa.ClientApi;

/// <summary>Others changed what the transaction had read, as often as it was tried, or were in its way until its deadline. It changed nothing; run it again later.</summary>
public sealed class TransactionConflictException : AkkaHaException
{
    internal TransactionConflictException(string message, JsonElement details = default, Exception? inner = null)
        : base(ErrorCode.TxnConflict, message, details, inner)
    {
    }
}
