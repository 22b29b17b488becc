namespace AkkaHa.Cli.Ring;

/// <summary>A way to place shards on nodes.</summary>
interface IPlacement
{
    /// <summary>What it is called in reports.</summary>
    string Name { get; }

    /// <summary>Whether no node can get more than its bound.</summary>
    bool Bounded { get; }

    /// <summary>The node of each of <paramref name="shards"/> shards.</summary>
    string[] Place(IReadOnlyList<string> nodes, int shards);
}
