using System.Net;
using AkkaHa.Cli.Local;
using AkkaHa.Servers;
using Xunit;

namespace AkkaHa.Cluster.Tests;

public sealed class StartTests
{
    [Theory]
    [InlineData("--AkkaHa:Remote:Prot=1", "AkkaHa:Remote:Prot")]
    [InlineData("--AkkaHa:Colour=blue", "AkkaHa:Colour")]
    [InlineData("--AkkaHa:Cluster:Weight=0", "AkkaHa:Cluster:Weight")]
    [InlineData("--AkkaHa:Shards=many", "AkkaHa:Shards")]
    [InlineData("--AkkaHa:Detection:HeartbeatMs=250", "AkkaHa:Detection:PauseMs is 700; it must be at least three times Detection:HeartbeatMs (250)")]
    [InlineData("--AkkaHa:Storage:Provider=mysql", "AkkaHa:Storage:Provider")]
    [InlineData("--AkkaHa:Storage:Provider=postgres", "AkkaHa:Storage:ConnectionString")]
    [InlineData("--AkkaHa:Cluster:SeedNodes:7=tcp://nowhere", "AkkaHa:Cluster:SeedNodes")]
    [InlineData("--AkkaHa:Cluster:SeedNodes=akka.tcp://AkkaHa@127.0.0.1:4053", "AkkaHa:Cluster:SeedNodes:0")]
    [InlineData("--AkkaHa:Http:Host=no.such.host.invalid", "AkkaHa:Http:Host")]
    [InlineData("--AkkaHa:DataDirectory=/dev/null/x", "AkkaHa:DataDirectory")]
    [InlineData("--AkkaHa:Storage:ConnectionString=Hosst=x", "AkkaHa:Storage:ConnectionString")]
    public async Task A_wrong_or_unknown_setting_stops_the_start_and_is_named(string setting, string named)
    {
        await using var cluster = LocalCluster.Create(1, setting);
        var node = cluster.Nodes[0];
        node.Start();
        await ClusterUnderTest.EventuallyAsync(() => Task.FromResult(!node.IsRunning), "the node did not stop");
        Assert.Equal(2, node.ExitCode);
        await ClusterUnderTest.EventuallyAsync(async () => (await File.ReadAllTextAsync(Path.Combine(cluster.Directory, "node-1.log"))).Contains(named, StringComparison.Ordinal), $"{named} is not named");
    }

    [Fact]
    public async Task Another_number_of_shards_than_the_data_was_made_with_stops_the_start()
    {
        await using var cluster = LocalCluster.Create(1, "--AkkaHa:Shards=16");
        await cluster.StartAsync(ClusterUnderTest.Patience);
        await cluster.Nodes[0].TerminateAsync(ClusterUnderTest.Patience);
        Assert.Equal(0, cluster.Nodes[0].ExitCode);
        await using var other = new NodeProcess("node-x", cluster.Nodes[0].Ports, [$"--AkkaHa:DataDirectory={Path.Combine(cluster.Directory, "data")}"], Path.Combine(cluster.Directory, "x.log"));
        other.Start();
        await ClusterUnderTest.EventuallyAsync(() => Task.FromResult(!other.IsRunning), "the node did not stop");
        Assert.Equal(2, other.ExitCode);
        await ClusterUnderTest.EventuallyAsync(async () => (await File.ReadAllTextAsync(Path.Combine(cluster.Directory, "x.log"))).Contains("AkkaHa:Shards", StringComparison.Ordinal), "AkkaHa:Shards is not named");
    }

    [Fact]
    public async Task Without_its_database_a_node_is_alive_and_not_ready_and_becomes_ready_when_it_comes()
    {
        await using var cluster = await ClusterUnderTest.CreateAsync("postgres", 1);
        var node = cluster.Nodes[0];
        await cluster.Postgres!.DownAsync();
        node.Start();
        await ClusterUnderTest.EventuallyAsync(async () =>
        {
            try
            {
                return (await cluster.SendAsync(node, HttpMethod.Get, "/alive")).Status == HttpStatusCode.OK;
            }
            catch (Exception e) when (HttpTrouble.IsNoAnswer(e))
            {
                return false;
            }
        }, "the node is not alive");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await cluster.SendAsync(node, HttpMethod.Get, "/ready")).Status);
        Assert.Equal((200, 503), (await ProbeAsync(node, "/alive"), await ProbeAsync(node, "/ready")));
        var put = await cluster.SendAsync(node, HttpMethod.Put, "/v1/kv/a", """{"value":"b25l"}""");
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "UNAVAILABLE"), (put.Status, put.Body.GetProperty("code").GetString()));

        await cluster.Postgres.UpAsync();
        await node.WaitReadyAsync(ClusterUnderTest.Patience);
        Assert.Equal((200, 200), (await ProbeAsync(node, "/alive"), await ProbeAsync(node, "/ready")));
        Assert.Equal(HttpStatusCode.OK, (await cluster.SendUntilServedAsync(node, HttpMethod.Put, "/v1/kv/a", """{"value":"b25l"}""")).Status);

        await cluster.Postgres.DownAsync();
        await ClusterUnderTest.EventuallyAsync(async () => (await cluster.SendAsync(node, HttpMethod.Get, "/ready")).Status == HttpStatusCode.ServiceUnavailable, "the node is still ready");
        Assert.Equal((200, 503), (await ProbeAsync(node, "/alive"), await ProbeAsync(node, "/ready")));
        await cluster.Postgres.UpAsync();
        await node.WaitReadyAsync(ClusterUnderTest.Patience);
        await ClusterUnderTest.EventuallyAsync(async () => (await cluster.SendAsync(node, HttpMethod.Put, "/v1/kv/a", """{"value":"dHdv"}""")).Status == HttpStatusCode.OK, "writes do not come back");
        Assert.True(node.IsRunning);

        // It answers, and takes no writes: that is no good either.
        await cluster.Postgres.ExecuteAsync("ALTER SYSTEM SET default_transaction_read_only = on", "SELECT pg_reload_conf()");
        var reasons = "";
        await ClusterUnderTest.EventuallyAsync(async () =>
        {
            var ready = await cluster.SendAsync(node, HttpMethod.Get, "/ready");
            reasons = ready.Body.ToString();
            return ready.Status == HttpStatusCode.ServiceUnavailable && reasons.Contains("the lease has run out", StringComparison.Ordinal);
        }, $"the node is still ready: {reasons}");
        Assert.Equal(200, await ProbeAsync(node, "/alive"));
        await cluster.Postgres.ExecuteAsync("ALTER SYSTEM RESET default_transaction_read_only", "SELECT pg_reload_conf()");
        await node.WaitReadyAsync(ClusterUnderTest.Patience);
        // None of what was logged while the database went and came tells its password.
        Assert.DoesNotContain(PostgresServer.Password, await File.ReadAllTextAsync(Path.Combine(cluster.Local.Directory, "node-1.log")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_log_of_a_node_that_finds_no_database_is_JSON_where_that_is_wanted_and_never_tells_the_password()
    {
        const string Password = "correct horse";
        await using var cluster = LocalCluster.Create(
            1, "--AkkaHa:Telemetry:LogFormat=json", "--AkkaHa:Storage:Provider=postgres", $"--AkkaHa:Storage:ConnectionString=Host=127.0.0.1;Port=1;Username=akkaha;Password={Password};Database=akkaha");
        cluster.Nodes[0].Start();
        var log = Path.Combine(cluster.Directory, "node-1.log");
        await ClusterUnderTest.EventuallyAsync(async () => File.Exists(log) && (await File.ReadAllTextAsync(log)).Contains("Not started yet", StringComparison.Ordinal), "the log does not say that there is no database");
        await cluster.Nodes[0].TerminateAsync(ClusterUnderTest.Patience);

        var lines = await File.ReadAllLinesAsync(log);
        Assert.DoesNotContain(lines, line => line.Contains(Password, StringComparison.Ordinal));
        Assert.All(lines, line => System.Text.Json.JsonDocument.Parse(line).RootElement.GetProperty("Message"));
    }

    private static async Task<int> ProbeAsync(NodeProcess node, string path)
    {
        using var http = new HttpClient();
        using var response = await http.GetAsync(new Uri($"http://127.0.0.1:{node.Ports.Management}{path}"));
        return (int)response.StatusCode;
    }

    [Fact]
    public async Task A_node_ends_when_its_standard_input_does()
    {
        // As after a kill -9 of whoever started it: nothing is said to the node, its pipe just ends.
        using var shell = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("/bin/sh")
        {
            ArgumentList = { "-c", $"sleep 5 | dotnet {NodeProcess.NodeAssembly} --AkkaHa:StopWhenInputEnds=true {string.Join(' ', Ports())} --AkkaHa:DataDirectory={Directory.CreateTempSubdirectory("akkaha-")} >/dev/null" },
        })!;
        using var patience = new CancellationTokenSource(ClusterUnderTest.Patience);
        await shell.WaitForExitAsync(patience.Token);
        // 0: in peace; 3: it would have taken too long.
        Assert.True(shell.ExitCode is 0 or 3, $"exit code {shell.ExitCode}");

        static IEnumerable<string> Ports()
        {
            var ports = LocalCluster.FreePorts(4);
            return ["--AkkaHa:Remote:Port=" + ports[0], "--AkkaHa:Http:Port=" + ports[1], "--AkkaHa:Grpc:Port=" + ports[2], "--AkkaHa:Management:Port=" + ports[3]];
        }
    }
}
