using System.CommandLine;
using System.Globalization;
using AkkaHa.Cli.CommandLine;
using AkkaHa.ClientApi;

namespace AkkaHa.Cli.Ring;

/// <summary><c>akkaha ring show</c>: who owns what.</summary>
static class ShowCommand
{
    public static Command Create()
    {
        var endpoint = Endpoints.Option();
        Argument<string?> entity = new("ENTITY") { Description = "kv/KEY, lock/NAME, session/SLOT or txn/SLOT; left out: every shard", DefaultValueFactory = _ => null };
        var json = Json.Option();
        ExampleCommand command = new("show", "Which node owns an entity, or how many shards each node owns and which. A hint: shards move.",
            "akkaha ring show", "akkaha ring show lock/nightly", "akkaha ring show kv/orders/7/state --json")
        {
            entity, endpoint, json,
        };
        command.SetAction((parsed, cancel) => Endpoints.RunAsync(parsed, endpoint, async client =>
        {
            var output = parsed.InvocationConfiguration.Output;
            if (parsed.GetValue(entity) is { } one)
            {
                var owner = await client.Cluster.GetOwnerAsync(one, cancel);
                if (parsed.GetValue(json)) Json.WriteLine(output, Shape(owner));
                else await output.WriteLineAsync(Sentence(one, owner));
                return ExitCode.Ok;
            }
            var ring = await client.Cluster.GetRingAsync(cancel);
            if (parsed.GetValue(json)) Json.WriteLine(output, new { shards = ring.Shards.Select(Shape), shardCount = ring.Shards.Count });
            else Tables.Write(output, ["node", "shards", "which"], Rows(ring));
            return ExitCode.Ok;
        }));
        return command;
    }

    static object Shape(ShardOwner owner) => new
    {
        shard = Text(owner.Shard), node = owner.Node, grpc = owner.Grpc, http = owner.Http, epoch = owner.Epoch.ToString(CultureInfo.InvariantCulture), allocated = owner.Allocated,
    };

    static string Sentence(string entity, ShardOwner owner) => owner.Allocated
        ? $"{entity} is in shard {owner.Shard}, which {owner.Node} owns (epoch {owner.Epoch}, {owner.Grpc})"
        : $"{entity} is in shard {owner.Shard}, which nobody owns now{(owner.Node.Length > 0 ? $" (epoch {owner.Epoch}, last {owner.Node})" : "")}";

    static IEnumerable<string[]> Rows(RingPicture ring) => ring.Shards.GroupBy(s => s.Allocated ? s.Node : "nobody").OrderBy(g => g.Key, StringComparer.Ordinal)
        .Select(g => (string[])[g.Key, Text(g.Count()), Ranges([.. g.Select(s => s.Shard)])]);

    /// <summary><c>1-3, 7</c>, of numbers in their order.</summary>
    public static string Ranges(IReadOnlyList<int> numbers)
    {
        var ranges = new List<(int From, int To)>();
        foreach (var number in numbers)
        {
            if (ranges.Count > 0 && ranges[^1].To == number - 1) ranges[^1] = (ranges[^1].From, number);
            else ranges.Add((number, number));
        }
        return string.Join(", ", ranges.Select(r => r.From == r.To ? Text(r.From) : $"{Text(r.From)}-{Text(r.To)}"));
    }

    static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
