namespace AkkaHa.Node.Api;

/// <summary>Request ids as the edge completes them.</summary>
internal static class RequestIds
{
    /// <summary>The caller's id, or a new one: then only this call knows it, and there is no retry guarantee.</summary>
    public static string OrNew(string requestId) => requestId.Length > 0 ? requestId : Guid.CreateVersion7().ToString("D");

    /// <summary>0 (left out) counts as the first attempt.</summary>
    public static uint Attempt(uint attempt) => Math.Max(1, attempt);
}
