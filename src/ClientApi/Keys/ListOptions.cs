using AkkaHa.ClientApi.Errors;
using AkkaHa.Messages;

namespace AkkaHa.ClientApi;

/// <summary>How keys are listed.</summary>
public sealed record ListOptions
{
    /// <summary>
    /// True: no change that was finished before the call is missing. False: as of a moment ago, by what the node that answers has heard; cheaper, and possible while others are down. Default: true.
    /// </summary>
    public bool Consistent { get; init; } = true;

    /// <summary>Without values: <see cref="KeyEntry.Value"/> is empty. Default: false.</summary>
    public bool KeysOnly { get; init; }

    /// <summary>How many entries come in one answer at most; one of large values may have fewer. 1 to 1,000; default 100.</summary>
    public int PageSize { get; init; } = Limits.ListPageDefault;

    internal void Check()
    {
        if (PageSize is < 1 or > Limits.ListPageKeys) throw new InvalidArgumentException($"PageSize is {PageSize}; it must be 1 to {Limits.ListPageKeys}");
    }
}
