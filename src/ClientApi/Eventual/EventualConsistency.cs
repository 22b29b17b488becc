namespace AkkaHa.ClientApi;

/// <summary>How many nodes take part in a call to eventual data before it returns.</summary>
public enum EventualConsistency
{
    /// <summary>The one that is asked. Possible as long as any node can be reached.</summary>
    Local,

    /// <summary>More than half of the members. A read and a write at majority have a node in common.</summary>
    Majority,

    /// <summary>Every member.</summary>
    All,
}
