namespace AkkaHa.Cli.Cluster;

/// <summary>How members are named.</summary>
static class MemberAddress
{
    const string Prefix = "akka.tcp://AkkaHa@";

    /// <summary>The whole address of what may be written as <c>host:port</c>.</summary>
    public static string Of(string text) => text.Contains("://", StringComparison.Ordinal) ? text : Prefix + text;
}
