using AkkaHa.Messages.V1;

namespace AkkaHa.Node.Api.Keys;

/// <summary>Keys by prefix, in the whole cluster.</summary>
internal interface IKeyLists
{
    /// <summary>One page.</summary>
    /// <exception cref="Errors.RefusedException">UNAVAILABLE.</exception>
    Task<ListKeysResponse> ListAsync(ListKeysRequest request, CancellationToken ct);
}
