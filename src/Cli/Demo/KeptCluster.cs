using AkkaHa.Cli.Local;
using AkkaHa.Messages;
using Spectre.Console;

namespace AkkaHa.Cli.Demo;

/// <summary>The cluster that <c>--keep</c> leaves, for as long as the demo stays in the foreground.</summary>
sealed class KeptCluster(LocalCluster cluster, Screen screen)
{
    /// <summary>Tells how to use it, and waits for Ctrl-C.</summary>
    public async Task StayAsync(CancellationToken cancel)
    {
        screen.Head("The cluster stays (--keep) until you press Ctrl-C; then its nodes end and their data are removed");
        var table = screen.Table("node", "process", "HTTP", "gRPC");
        foreach (var node in cluster.Nodes) table.AddRow(node.Name, $"{node.ProcessId}", node.HttpUrl, node.GrpcUrl);
        screen.Show(table);
        screen.Say($"Data and logs: {cluster.Directory}");
        screen.Say($"A client:      AkkaHaClient.Connect(\"{cluster.Endpoints}\")");
        screen.Say("Try, in another terminal:");
        foreach (var url in new[] { "/v1/cluster", $"/v1/ring?key={EntityId.Lock(DemoNames.Lock)}", $"/v1/kv/{DemoNames.Counter}", $"/v1/kv/{DemoNames.Account(7)}", $"/v1/locks/{DemoNames.Lock}" })
            screen.Say($"  curl '{cluster.Nodes[0].HttpUrl}{url}'");
        screen.Say($"  kill -9 {cluster.Nodes[1].ProcessId}   # and ask again");
        await Task.Delay(Timeout.InfiniteTimeSpan, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
