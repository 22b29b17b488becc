using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;
using Google.Protobuf.WellKnownTypes;

namespace AkkaHa.Core.Entities;

/// <summary>Refusals are values.</summary>
public static class Replies
{
    /// <summary>A refusal, with details as JSON would show them.</summary>
    public static Reply Failure(ErrorCode code, string message, Struct? details = null) =>
        new() { Failure = new Failure { Code = code, Message = message, Details = details } };

    /// <summary>Details of one or more text fields.</summary>
    public static Struct Details(params ReadOnlySpan<(string Name, string Value)> fields)
    {
        var details = new Struct();
        foreach (var (name, value) in fields) details.Fields[name] = Value.ForString(value);
        return details;
    }
}
