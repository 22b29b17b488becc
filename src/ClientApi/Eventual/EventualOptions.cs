using AkkaHa.ClientApi.Errors;
using AkkaHa.Messages;

namespace AkkaHa.ClientApi;

/// <summary>How a call to eventual data is made.</summary>
public sealed record EventualOptions
{
    /// <summary>How many nodes take part. Default: <see cref="EventualConsistency.Local"/>.</summary>
    public EventualConsistency Consistency { get; init; } = EventualConsistency.Local;

    /// <summary>How long to wait for them; then a write throws <see cref="PartialException"/>, though it is stored. 50 ms to 60 s; default 2 s.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(Limits.EventualTimeoutDefaultSeconds);

    /// <summary>
    /// Of a write: the id under which it counts once, also when it is sent again within 60 s. For repeating what threw a <see cref="PartialException"/>, whose <see cref="PartialException.RequestId"/> goes here,
    /// until it has reached as many nodes as asked. Left out: a new one for each call.
    /// </summary>
    public string? RequestId { get; init; }

    /// <summary>At a majority, in two seconds.</summary>
    public static EventualOptions AtMajority { get; } = new() { Consistency = EventualConsistency.Majority };

    internal void Check()
    {
        if (!Enum.IsDefined(Consistency)) throw new InvalidArgumentException("Consistency must be one of Local, Majority, All");
        if (Timeout.TotalSeconds is < Limits.EventualTimeoutMinSeconds or > Limits.EventualTimeoutMaxSeconds)
            throw new InvalidArgumentException($"Timeout is {Timeout}; it must be {Limits.EventualTimeoutMinSeconds} to {Limits.EventualTimeoutMaxSeconds} seconds");
    }
}
