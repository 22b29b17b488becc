using System.CommandLine;
using AkkaHa.Cli.CommandLine;

namespace AkkaHa.Cli.Cluster;

/// <summary><c>akkaha cluster</c>: who is in it, and taking nodes out.</summary>
static class ClusterCommand
{
    static readonly TimeSpan GiveUpAfter = TimeSpan.FromSeconds(10);

    /// <summary>The command with all that is below it.</summary>
    public static Command Create() => new("cluster", "Who is in the cluster, and taking nodes out of it.")
    {
        Show(), Leave(), Down(),
    };

    static Command Show()
    {
        var endpoint = Endpoints.Option();
        Option<bool> json = new("--json") { Description = "Print JSON" };
        Command command = new("show", "The members, as the node that answers sees them.") { endpoint, json };
        command.SetAction((parsed, cancel) => Endpoints.RunAsync(parsed, endpoint, GiveUpAfter, async client =>
        {
            var picture = await client.Cluster.GetAsync(cancel);
            var output = parsed.InvocationConfiguration.Output;
            if (parsed.GetValue(json)) ClusterOutput.WriteJson(picture, output);
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
        Command command = new("leave", "Asks a node to leave: it hands its shards over, and its process ends with exit code 0. For a rolling restart: leave, start again, wait until ready, next.") { node, endpoint, wait };
        command.SetAction((parsed, cancel) => Endpoints.RunAsync(parsed, endpoint, GiveUpAfter, async client =>
        {
            var address = MemberAddress.Of(parsed.GetRequiredValue(node));
            var before = await client.Cluster.GetAsync(cancel);
            await client.Cluster.LeaveAsync(address, cancel);
            var incarnation = before.Members.FirstOrDefault(m => m.Address == address)?.Incarnation;
            return await Departure.WaitAsync(client, address, incarnation, TimeSpan.FromSeconds(parsed.GetValue(wait)), parsed.InvocationConfiguration, cancel);
        }));
        return command;
    }

    static Command Down()
    {
        var endpoint = Endpoints.Option();
        var node = Node();
        Command command = new("down", "Takes a node out that can't be asked. It is fenced first; one that lives comes back as a new incarnation.") { node, endpoint };
        command.SetAction((parsed, cancel) => Endpoints.RunAsync(parsed, endpoint, GiveUpAfter, async client =>
        {
            var address = MemberAddress.Of(parsed.GetRequiredValue(node));
            var fenced = await client.Cluster.DownAsync(address, cancel);
            await parsed.InvocationConfiguration.Output.WriteLineAsync(
                fenced ? $"{address} is down, and fenced" : $"{address} is down; it could not be fenced yet, since the database does not answer");
            return ExitCode.Ok;
        }));
        return command;
    }

    static Argument<string> Node() => new("NODE") { Description = $"Its address as `cluster show` tells it, or host:port of it" };
}
