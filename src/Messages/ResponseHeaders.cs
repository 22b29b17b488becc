namespace AkkaHa.Messages;

/// <summary>What every response of a node says of itself: HTTP headers, metadata of the same names over gRPC.</summary>
public static class ResponseHeaders
{
    /// <summary>The node's wall clock, Unix milliseconds.</summary>
    public const string Time = "akkaha-time-ms";

    /// <summary>The sum of all shards' epochs as the node last read them, which grows with every change of an owner; left out where it is not known.</summary>
    public const string RingVersion = "akkaha-ring-version";

    /// <summary>gRPC's: a <c>google.rpc.Status</c> with the details of a refusal, beside the status.</summary>
    public const string StatusDetails = "grpc-status-details-bin";
}
