using System.CommandLine;
using AkkaHa.Cli.CommandLine;

namespace AkkaHa.Cli.Cluster;

/// <summary><c>akkaha cluster</c>: who is in it, and taking nodes out.</summary>
static class ClusterCommand
{
    /// <summary>The command with all that is below it.</summary>
    public static Command Create() => new("cluster", "Who is in the cluster, and taking nodes out of it.")
    {
        Show(), Leave(), Down(),
    };

    static Command Show()
    {
        var endpoint = Endpoints.Option();
        var json = Json.Option();
        ExampleCommand command = new("show", "The members, as the node that answers sees them.", "akkaha cluster show", "akkaha cluster show --json | jq -r '.members[].address'") { endpoint, json };
        command.SetAction((parsed, cancel) => Endpoints.RunAsync(parsed, endpoint, async client =>
        {
            var picture = await client.Cluster.GetAsync(cancel);
            var output = parsed.InvocationConfiguration.Output;
            if (parsed.GetValue(json)) Json.WriteLine(output, ClusterOutput.Of(picture));
            else ClusterOutput.WriteTable(picture, output);
            return ExitCode.Ok;
        }));
        return command;
    }

    static Command Leave()
    {
        var endpoint = Endpoints.Option();
        var node = Node();
        var wait = IntegerOption.Create("--wait", "Seconds to wait until it is gone; 0: only ask", 0, 600, 60);
        var json = Json.Option("Print JSON");
        ExampleCommand command = new("leave", """
            Asks a node to leave: it hands its shards over, and its process ends with exit code 0. For a rolling restart: leave, start it again, wait until it is ready, then the next.
            Exit code 1 when it is still there after --wait.
            """,
            "akkaha cluster leave 10.0.0.2:4053", "akkaha cluster leave akka.tcp://AkkaHa@10.0.0.2:4053 --wait 300")
        {
            node, endpoint, wait, json,
        };
        command.SetAction((parsed, cancel) => Endpoints.RunAsync(parsed, endpoint, async client =>
        {
            var address = MemberAddress.Of(parsed.GetRequiredValue(node));
            var before = await client.Cluster.GetAsync(cancel);
            await client.Cluster.LeaveAsync(address, cancel);
            var incarnation = before.Members.FirstOrDefault(m => m.Address == address)?.Incarnation;
            var asked = parsed.GetRequiredValue(endpoint).Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            var departure = new Departure(address, incarnation, before.Members.Count == 1 && incarnation is not null ? asked : [], parsed.GetValue(json));
            return await departure.WaitAsync(client, TimeSpan.FromSeconds(parsed.GetValue(wait)), parsed.InvocationConfiguration, cancel);
        }));
        return command;
    }

    static Command Down()
    {
        var endpoint = Endpoints.Option();
        var node = Node();
        var json = Json.Option("Print JSON");
        ExampleCommand command = new("down", "Takes a node out that can't be asked. It is fenced first; one that lives comes back as a new incarnation.", "akkaha cluster down 10.0.0.2:4053") { node, endpoint, json };
        command.SetAction((parsed, cancel) => Endpoints.RunAsync(parsed, endpoint, async client =>
        {
            var address = MemberAddress.Of(parsed.GetRequiredValue(node));
            var fenced = await client.Cluster.DownAsync(address, cancel);
            var output = parsed.InvocationConfiguration.Output;
            if (parsed.GetValue(json)) Json.WriteLine(output, new { address, fenced });
            else await output.WriteLineAsync(fenced ? $"{address} is down, and fenced" : $"{address} is down; it could not be fenced yet, since the database does not answer");
            return ExitCode.Ok;
        }));
        return command;
    }

    static Argument<string> Node() => new("NODE") { Description = $"Its address as `cluster show` tells it, or host:port of it" };
}
