using AkkaHa.Messages;
using AkkaHa.Messages.Placement;

namespace AkkaHa.Cli.Demo;

/// <summary>What the demo calls its data.</summary>
static class DemoNames
{
    /// <summary>How many accounts there are.</summary>
    public const int AccountCount = 1_000;

    /// <summary>What each account has in the beginning.</summary>
    public const long OpeningBalance = 1_000;

    /// <summary>The lock under which the counter is written.</summary>
    public const string Lock = "demo/counter-lock";

    /// <summary>The counter.</summary>
    public const string Counter = "demo/counter";

    /// <summary>The key of an account.</summary>
    public static string Account(int number) => $"demo/accounts/{number:0000}";

    /// <summary>All accounts.</summary>
    public static IEnumerable<string> Accounts() => Enumerable.Range(0, AccountCount).Select(Account);

    /// <summary>A key in one of these shards, so that one can watch the node that has them.</summary>
    public static string ProbeIn(IReadOnlySet<int> shards, ShardMap map) =>
        Enumerable.Range(0, int.MaxValue).Select(i => $"demo/probes/{i}").First(key => shards.Contains(map.ShardOf(EntityId.Key(key))));
}
