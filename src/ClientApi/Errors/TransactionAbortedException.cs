using System.Text.Json;
using AkkaHa.ClientApi.Errors;
using AkkaHa.Messages.V1;

namespace AkkaHa.ClientApi;

/// <summary>The transaction is aborted for good and changed nothing. Running it again needs a new id.</summary>
public sealed class TransactionAbortedException : AkkaHaException
{
    internal TransactionAbortedException(string message, JsonElement details, Exception? inner)
        : base(ErrorCode.TxnAborted, message, details, inner)
    {
        Reason = details.Text("reason") ?? message;
    }

    internal TransactionAbortedException(string reason)
        : base(ErrorCode.TxnAborted, reason, default, null)
    {
        Reason = reason;
    }

    /// <summary>Why: for example an overflow of <c>add</c>, its deadline, or somebody's resolve.</summary>
    public string Reason { get; }
}
