namespace AkkaHa.Node.Settings;

/// <summary>Names that nodes must have in common.</summary>
public static class NodeNames
{
    /// <summary>Of the actor system.</summary>
    public const string ActorSystem = "AkkaHa";

    /// <summary>Of the one sharding region for all kinds of entities.</summary>
    public const string Region = "akkaha";
}
