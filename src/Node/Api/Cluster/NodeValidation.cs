using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;
using AkkaHa.Node.Api.Errors;

namespace AkkaHa.Node.Api.Cluster;

/// <summary>What the address of a node must look like.</summary>
internal static class NodeValidation
{
    private const int MostChars = 300;

    public static Failure? Check(NodeRequest request) => request.Address.Length switch
    {
        0 => Refusals.Invalid("address", "is missing; /v1/cluster lists the members' addresses"),
        > MostChars => Refusals.Invalid("address", $"has {request.Address.Length} characters; the limit is {MostChars}"),
        _ => null,
    };

    public static Failure NoSuchMember(NodeRequest request) =>
        Refusals.Of(ErrorCode.NotFound, $"address: '{Refusals.Quote(request.Address)}' is no member; /v1/cluster lists their addresses");
}
