using AkkaHa.Messages.V1;

namespace AkkaHa.Node.Api.Locks;

/// <summary>Locks by prefix, in the whole cluster.</summary>
internal interface ILockLists
{
    /// <summary>One page of those that are held or waited for.</summary>
    /// <exception cref="Errors.RefusedException">UNAVAILABLE.</exception>
    Task<ListLocksResponse> ListAsync(ListLocksRequest request, CancellationToken ct);
}
