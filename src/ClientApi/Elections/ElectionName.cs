using AkkaHa.ClientApi.Errors;

namespace AkkaHa.ClientApi.Elections;

/// <summary>What the lock and the key of an election are called.</summary>
internal static class ElectionName
{
    private const string Prefix = "elections/";

    public static string Of(string election)
    {
        ArgumentNullException.ThrowIfNull(election);
        var name = Prefix + election;
        Require.Name("election", name);
        return name;
    }
}
