using System.Text;
using System.Text.Json;
using Xunit;

namespace AkkaHa.Cluster.Tests.CommandLine;

/// <summary>What scripts rest on: exit codes, and what stands on which stream.</summary>
public sealed class CommandTests(OneNode one) : IClassFixture<OneNode>
{
    private const int Ok = 0, Usage = 2, NotFound = 3, Refused = 4, Unavailable = 5;

    private readonly ClusterUnderTest _cluster = one.Cluster;

    [Fact]
    public async Task Keys_can_be_written_read_and_deleted_and_a_value_is_printed_as_its_bytes()
    {
        byte[] value = [0, 255, (byte)'\n', 0];
        Assert.Equal((Ok, "a/b is at revision 1\n"), await TextAsync("kv", "put", "a/b", "text"));
        Assert.Equal((Ok, "text"), await TextAsync("kv", "get", "a/b"));
        Assert.Equal(Ok, (await RunAsync(value, "kv", "put", "a/b", "-")).ExitCode);
        Assert.Equal(value, (await RunAsync([], "kv", "get", "a/b")).Output);
        Assert.Equal((Ok, """{"key":"a/b","value":"AP8KAA==","revision":"2"}""" + "\n"), await TextAsync("kv", "get", "a/b", "--json"));
        Assert.Equal((Ok, """{"key":"a/b","revision":"3"}""" + "\n"), await TextAsync("kv", "put", "a/b", "x", "--if-revision", "2", "--json"));
        Assert.Equal((Ok, "a/b is deleted, revision 4\n"), await TextAsync("kv", "delete", "a/b", "--if-revision", "3"));
        Assert.Equal((Ok, """{"key":"a/b","revision":"4","deleted":false}""" + "\n"), await TextAsync("kv", "delete", "a/b", "--json"));
    }

    [Fact]
    public async Task Exit_codes_tell_why_and_the_reason_stands_on_standard_error()
    {
        await FailsAsync(NotFound, "NOT_FOUND", "kv", "get", "nope");
        await FailsAsync(Refused, "REVISION_MISMATCH", "kv", "put", "nope", "x", "--if-revision", "3");
        await FailsAsync(Refused, "FENCE_STALE", "kv", "put", "nope", "x", "--lock", "l", "--fence", "3");
        await FailsAsync(Refused, "FENCE_STALE", "kv", "delete", "nope", "--lock", "l", "--fence", "3");
        await FailsAsync(Usage, "--fence", "kv", "put", "nope", "x", "--lock", "l");
        await FailsAsync(Usage, "--ttl", "kv", "put", "nope", "x", "--ttl", "5");
        await FailsAsync(Usage, "--if-revision", "kv", "put", "nope", "x", "--if-revision", "-1");
        await FailsAsync(Usage, "session", "kv", "put", "nope", "x", "--session", "me");
        await FailsAsync(Usage, "empty segment", "kv", "put", "a//b", "x");
        await FailsAsync(Usage, "--prefix", "kv", "watch", "--prefix", "a", "--key", "b");
        await FailsAsync(NotFound, "SESSION_EXPIRED", "session", "show", "3-00000000-0000-0000-0000-000000000000");
        await FailsAsync(Usage, "session id", "session", "close", "me");
        await FailsAsync(Usage, "--endpoint", "kv", "get", "a", "--endpoint", "localhost");
        await FailsAsync(Unavailable, "UNAVAILABLE", "kv", "get", "a", "--endpoint", "http://127.0.0.1:1");
    }

    [Fact]
    public async Task A_transaction_is_run_from_a_file_or_from_standard_input_in_the_shape_of_the_HTTP_API()
    {
        const string Once = """
            {"conditions":[{"key":"a","absent":true}],
             "then":[{"put":{"key":"a","value":"b25l"}},{"add":{"key":"n","amount":"5"}},{"append":{"key":"l","value":"eA=="}},{"delete":{"key":"z"}}],
             "else":[{"get":{"key":"a"}}]}
            """;
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, Once);
        try
        {
            var first = await TextAsync("txn", "run", file);
            Assert.Equal(Ok, first.ExitCode);
            Assert.Contains("`then` was done", first.Text, StringComparison.Ordinal);
            Assert.Contains("| n   | 1        | \"5\"", first.Text, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(file);
        }
        var again = await RunAsync(Encoding.UTF8.GetBytes(Once), "txn", "run", "-", "--json");
        var body = JsonDocument.Parse(again.Output).RootElement;
        Assert.Equal(Ok, again.ExitCode);
        Assert.Equal(("COMMITTED", false, "b25l"), (body.GetProperty("outcome").GetString(), body.GetProperty("conditionsHeld").GetBoolean(), body.GetProperty("results")[0].GetProperty("value").GetString()));

        Assert.Equal((Ok, "COMMITTED\n"), await TextAsync("txn", "show", body.GetProperty("transactionId").GetString()!));
        Assert.Equal((NotFound, "UNKNOWN\n"), await TextAsync("txn", "show", "never-heard-of"));
        Assert.Equal((Ok, """{"transactionId":"never-heard-of","outcome":"ABORTED"}""" + "\n"), await TextAsync("txn", "resolve", "never-heard-of", "--json"));
    }

    [Theory]
    [InlineData("""{"condition":[]}""", "condition")]
    [InlineData("""{"conditions":[{"key":"a"}]}""", "conditions[0]")]
    [InlineData("""{"conditions":[{"key":"a","absent":true,"revision":"3"}]}""", "conditions[0]")]
    [InlineData("""{"conditions":[{"session":"me"}]}""", "session id")]
    [InlineData("""{"then":[{}]}""", "then[0]")]
    [InlineData("""{"else":[{"put":{"key":"a//b"}}]}""", "empty segment")]
    [InlineData("""{"then":""", "standard input")]
    [InlineData("""{"then":[{"get":{"key":"a"}}],"deadlineSeconds":61}""", "TransactionDeadline")]
    public async Task A_transaction_that_makes_no_sense_is_not_run_and_says_where(string json, string named)
    {
        var (code, _, error) = await RunAsync(Encoding.UTF8.GetBytes(json), "txn", "run", "-");
        Assert.Equal(Usage, code);
        Assert.Contains(named, error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sessions_and_locks_can_be_looked_at_and_a_session_be_closed()
    {
        await using var client = _cluster.Connect(o => o with { Label = "worker-1" });
        await using var held = await client.Locks.AcquireAsync("orders/7");
        var id = held.SessionId.Text;

        Assert.Contains("worker-1", (await TextAsync("lock", "show", "orders/7")).Text, StringComparison.Ordinal);
        var shown = JsonDocument.Parse((await TextAsync("lock", "show", "orders/7", "--json")).Text).RootElement;
        Assert.Equal((held.Fence.ToString(), id), (shown.GetProperty("lastFence").GetString(), shown.GetProperty("holders")[0].GetProperty("sessionId").GetString()));
        Assert.Contains("orders/7", (await TextAsync("session", "show", id)).Text, StringComparison.Ordinal);

        Assert.Equal((Ok, $"{id} is closed\n"), await TextAsync("session", "close", id));
        await FailsAsync(NotFound, "SESSION_EXPIRED", "session", "close", id);
        await ClusterUnderTest.EventuallyAsync(() => Task.FromResult(held.IsLost), "the holder does not hear of it");
    }

    [Fact]
    public async Task Keys_can_be_listed_by_prefix()
    {
        await TextAsync("kv", "put", "a/2", "two");
        await TextAsync("kv", "put", "a/1", "one");
        await TextAsync("kv", "put", "b", "x");
        Assert.Equal((Ok, "a/1\na/2\n"), await TextAsync("kv", "list", "a/", "--keys-only"));
        Assert.Equal((Ok, """{"key":"a/1","value":"b25l","revision":"1"}""" + "\n"), await TextAsync("kv", "list", "a/", "--json", "--limit", "1"));
        Assert.Contains("| a/2 | 1        | 3     | \"two\" |", (await TextAsync("kv", "list")).Text, StringComparison.Ordinal);
        Assert.Equal((Ok, ""), await TextAsync("kv", "list", "nothing", "--keys-only", "--stale"));
    }

    [Fact]
    public async Task A_watch_prints_each_change_as_it_happens_and_goes_on_from_a_position()
    {
        using var watch = Cli.StartAt(_cluster.Local.Endpoints, "kv", "watch", "--prefix", "w/", "--count", "3");
        var started = await watch.StandardError.ReadLineAsync().WaitAsync(ClusterUnderTest.Patience);
        Assert.StartsWith("watching from position ", started, StringComparison.Ordinal);
        await TextAsync("kv", "put", "w/1", "one\ntwo");
        await TextAsync("kv", "put", "b", "x");
        await TextAsync("kv", "delete", "w/1");
        await TextAsync("kv", "put", "w/1", "x", "--ttl", "1h");
        var lines = (await watch.StandardOutput.ReadToEndAsync().WaitAsync(ClusterUnderTest.Patience)).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => l.Split('\t')).ToArray();
        await watch.WaitForExitAsync().WaitAsync(ClusterUnderTest.Patience);
        Assert.Equal(Ok, watch.ExitCode);
        Assert.Equal(["put w/1 1 \"one\\ntwo\"", "delete w/1 2 -", "put w/1 3 \"x\""], lines.Select(l => string.Join(' ', l[1..])));

        var again = await RunAsync([], "kv", "watch", "--key", "w/1", "--from", lines[0][0], "--count", "1", "--json");
        var e = JsonDocument.Parse(again.Output).RootElement;
        Assert.Equal(("delete", "2", lines[1][0]), (e.GetProperty("type").GetString(), e.GetProperty("revision").GetString(), e.GetProperty("position").GetString()));
        await FailsAsync(Usage, "from", "kv", "watch", "--from", "yesterday");
    }

    [Fact]
    public async Task Transactions_that_are_not_settled_can_be_listed()
    {
        // Settled ones leave the list moments after their answer.
        await ClusterUnderTest.EventuallyAsync(async () => (await TextAsync("txn", "list", "--json")).Text == """{"transactions":[],"more":false}""" + "\n", "something is not settled");
        Assert.StartsWith("| transaction |", (await TextAsync("txn", "list")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Help_has_examples_and_ends_well()
    {
        var (code, text) = await TextAsync("kv", "put", "--help");
        Assert.Equal(Ok, code);
        Assert.Contains("Examples:\n  akkaha kv put orders/7/state paid", text, StringComparison.Ordinal);
        Assert.DoesNotContain("Examples:", (await TextAsync("kv", "--help")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Members_and_shards_can_be_shown_for_people_and_for_programs()
    {
        var node = _cluster.Nodes[0];
        await _cluster.WaitSettledAsync(node);
        var cluster = JsonDocument.Parse((await TextAsync("cluster", "show", "--json")).Text).RootElement;
        Assert.Equal((node.Address, 0), (cluster.GetProperty("members")[0].GetProperty("address").GetString(), cluster.GetProperty("unreachable").GetArrayLength()));
        Assert.StartsWith("| node ", (await TextAsync("cluster", "show")).Text, StringComparison.Ordinal);

        var served = await _cluster.GetAsync(node, "/v1/ring?key=lock/a/b");
        var shown = JsonDocument.Parse((await TextAsync("ring", "show", "lock/a/b", "--json")).Text).RootElement;
        foreach (var field in served.EnumerateObject().Where(f => f.Name is not ("shards" or "shardCount"))) Assert.Equal(field.Value.ToString(), shown.GetProperty(field.Name).ToString());
        Assert.Contains($"which {node.Address} owns", (await TextAsync("ring", "show", "lock/a/b")).Text, StringComparison.Ordinal);
        Assert.Contains($"| {node.Address} | 256    | 0-255 |", (await TextAsync("ring", "show")).Text, StringComparison.Ordinal);
        Assert.Equal(256, JsonDocument.Parse((await TextAsync("ring", "show", "--json")).Text).RootElement.GetProperty("shards").GetArrayLength());
        await FailsAsync(Usage, "is no entity", "ring", "show", "a/b");
        await FailsAsync(NotFound, "NOT_FOUND", "cluster", "leave", "10.0.0.9:4053");
    }

    [Fact]
    public async Task Top_prints_one_frame_of_the_real_cluster_as_text_and_as_JSON()
    {
        await using var client = _cluster.Connect(o => o with { Label = "top-holder" });
        await using var held = await client.Locks.AcquireAsync("top/hot");
        using var stop = new CancellationTokenSource();
        var waiting = client.Locks.AcquireAsync("top/hot", cancellationToken: stop.Token);
        JsonElement frame = default;
        await ClusterUnderTest.EventuallyAsync(async () =>
        {
            frame = JsonDocument.Parse((await TextAsync("top", "--json")).Text).RootElement;
            return frame.GetProperty("locks").GetProperty("hot").EnumerateArray().Any(l => l.GetProperty("name").GetString() == "top/hot") && frame.GetProperty("members")[0].GetProperty("shards").GetInt32() == 256
                && frame.GetProperty("well").GetBoolean();
        }, "the hot lock is not seen, or all is not well");
        Assert.Equal("sqlite", frame.GetProperty("database").GetProperty("provider").GetString());
        Assert.Equal((_cluster.Nodes[0].Address, 256), (frame.GetProperty("members")[0].GetProperty("address").GetString(), frame.GetProperty("members")[0].GetProperty("shards").GetInt32()));

        // In a pipe it is printed once by itself.
        var text = "";
        await ClusterUnderTest.EventuallyAsync(async () => (text = (await TextAsync("top")).Text).StartsWith("1 of 1 members up; all 256 shards owned", StringComparison.Ordinal), "all is not well in the text");
        Assert.Contains("| top/hot ", text, StringComparison.Ordinal);
        Assert.Contains("| top-holder ", text, StringComparison.Ordinal);
        await FailsAsync(Usage, "--interval", "top", "--interval", "1ms");
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
    }

    [Fact]
    public async Task Bench_measures_each_workload_and_leaves_no_keys_or_sessions_behind()
    {
        var (code, output, error) = await RunAsync([], "bench", "--seconds", "4", "--warm-up", "0", "--clients", "4", "--spread", "20", "--prefix", "measured", "--json");
        Assert.Equal((Ok, ""), (code, error));
        var rows = Encoding.UTF8.GetString(output).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonDocument.Parse(l).RootElement).ToArray();
        Assert.Equal(["put", "get", "lock", "hot-lock", "transfer", "keepalive"], rows.Select(r => r.GetProperty("workload").GetString()));
        Assert.All(rows, r => Assert.True(r.GetProperty("done").GetInt64() > 0 && r.GetProperty("p50Ms").GetDouble() <= r.GetProperty("p999Ms").GetDouble(), r.ToString()));
        Assert.Equal((Ok, ""), await TextAsync("kv", "list", "measured", "--keys-only"));
        Assert.DoesNotContain("akkaha bench", (await TextAsync("session", "list")).Text, StringComparison.Ordinal);
        await FailsAsync(Usage, "'sing'", "bench", "sing");
        await FailsAsync(Usage, "--clients", "bench", "put", "--clients", "0");
    }

    private Task<(int ExitCode, byte[] Output, string Error)> RunAsync(byte[] input, params string[] arguments) => Cli.RunAtAsync(_cluster.Local.Endpoints, input, arguments);

    private async Task<(int ExitCode, string Text)> TextAsync(params string[] arguments)
    {
        var (code, output, error) = await RunAsync([], arguments);
        Assert.Equal("", error);
        return (code, Encoding.UTF8.GetString(output));
    }

    private async Task FailsAsync(int code, string reason, params string[] arguments)
    {
        var ran = await RunAsync([], arguments);
        Assert.Equal((code, ""), (ran.ExitCode, Encoding.UTF8.GetString(ran.Output)));
        Assert.Contains(reason, ran.Error, StringComparison.Ordinal);
    }
}
