using System.Text.Json;
using AkkaHa.ClientApi.Errors;
using AkkaHa.Messages.V1;

namespace AkkaHa.ClientApi;

/// <summary>The key is not at the revision that was asked for. Nothing was written; read again.</summary>
public sealed class RevisionMismatchException : AkkaHaException
{
    internal RevisionMismatchException(string message, JsonElement details = default, Exception? inner = null)
        : base(ErrorCode.RevisionMismatch, message, details, inner)
    {
        Actual = details.Integer("revision") is { } revision ? new Revision(revision) : null;
    }

    /// <summary>The revision that the key had instead (<see cref="Revision.Absent"/>: there is no such key), if the server said so.</summary>
    public Revision? Actual { get; }
}
