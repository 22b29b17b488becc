namespace AkkaHa.Messages.Errors;

/// <summary>In the details of UNAVAILABLE: the node itself is well, and refuses because it has too much to do. Others would have to ask it all the same, so that it is the one to ask again.</summary>
public static class OverloadReason
{
    /// <summary>Of the detail.</summary>
    public const string Name = "reason";

    /// <summary>What it says.</summary>
    public const string Value = "overload";
}
