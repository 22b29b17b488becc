using System.Net.Sockets;
using AkkaHa.Chaos.Proxies;
using AkkaHa.Cli.Local;
using Xunit;
using Route = AkkaHa.Chaos.Proxies.Route;

namespace AkkaHa.Cluster.Tests.Chaos;

/// <summary>The proxies themselves: a fault that the proxy does not make, or makes unasked, would make every run of chaos worthless.</summary>
public sealed class ProxyTests : IAsyncLifetime
{
    /// <summary>As a node sent it: an Associate of akka.tcp://AkkaHa@127.0.0.1:9654.</summary>
    private const string Associate = "2c000000122a080112260a1b0a06416b6b61486112093132372e302e302e3118b64b220374637011ef13210e00000000";
    private const int OriginPort = 9654;

    private readonly Route route = new(new Direction(1), new Direction(2));
    private readonly Socket listener;
    private readonly Proxy proxy;
    private readonly List<IDisposable> peers = [];

    public ProxyTests()
    {
        (listener, var upstream) = Peer.Listen();
        proxy = new Proxy(LocalCluster.FreePorts(1)[0], upstream, (_, _) => ValueTask.FromResult(new Opening(route, ReadOnlyMemory<byte>.Empty)));
    }

    public Task InitializeAsync()
    {
        proxy.Open();
        return Task.CompletedTask;
    }

    public Task DisposeAsync()
    {
        foreach (var peer in peers) peer.Dispose();
        proxy.Dispose();
        listener.Dispose();
        return Task.CompletedTask;
    }

    private async Task<(Peer Client, Peer Server)> ConnectAsync()
    {
        var client = await Peer.ConnectAsync(proxy.Port);
        var server = await Peer.AcceptAsync(listener);
        peers.AddRange([client, server]);
        return (client, server);
    }

    [Fact]
    public async Task It_passes_bytes_and_ends_both_ways()
    {
        var (client, server) = await ConnectAsync();
        await client.SayAsync("to");
        Assert.Equal("to", await server.HearAsync(2));
        await server.SayAsync("fro");
        Assert.Equal("fro", await client.HearAsync(3));
        client.Dispose();
        Assert.True(await server.EndsProperlyAsync());
    }

    [Fact]
    public async Task One_way_held_the_other_goes_on_and_nothing_is_lost()
    {
        var (client, server) = await ConnectAsync();
        var hold = route.Forth.Hold();
        await client.SayAsync("held");
        await server.SayAsync("passes");
        Assert.Equal("passes", await client.HearAsync(6));
        Assert.True(await server.HearsNothingAsync());
        hold.Dispose();
        Assert.Equal("held", await server.HearAsync(4));
    }

    [Fact]
    public async Task A_held_direction_hides_the_end_of_the_connection_until_it_opens()
    {
        var (client, server) = await ConnectAsync();
        using var hold = route.Forth.Hold();
        client.Dispose();
        Assert.True(await server.HearsNothingAsync());
        hold.Dispose();
        await server.EndsProperlyAsync();
    }

    [Fact]
    public async Task Who_writes_to_a_dead_end_is_not_told_while_the_way_back_is_held()
    {
        var (client, server) = await ConnectAsync();
        using var hold = route.Back.Hold();
        server.Dispose();
        for (var i = 0; i < 3; i++)
        {
            await client.SayAsync("hello?");
            Assert.True(await client.HearsNothingAsync());
        }
        hold.Dispose();
        await client.EndsProperlyAsync();
    }

    [Fact]
    public async Task A_new_connection_into_a_partition_is_accepted_and_goes_silent()
    {
        using var hold = route.Forth.Hold();
        var client = await Peer.ConnectAsync(proxy.Port);
        peers.Add(client);
        await client.SayAsync("x");
        Assert.True(await client.HearsNothingAsync());
        hold.Dispose();
        using var server = await Peer.AcceptAsync(listener);
        Assert.Equal("x", await server.HearAsync(1));
    }

    [Fact]
    public async Task Faults_overlap_and_the_last_one_to_heal_opens()
    {
        var (client, server) = await ConnectAsync();
        var (first, second) = (route.Forth.Hold(), route.Forth.Hold());
        await client.SayAsync("x");
        first.Dispose();
        first.Dispose();
        Assert.True(route.Forth.IsHeld);
        Assert.True(await server.HearsNothingAsync());
        second.Dispose();
        Assert.Equal("x", await server.HearAsync(1));
    }

    [Fact]
    public async Task A_bad_line_is_late_and_breaks()
    {
        var (client, server) = await ConnectAsync();
        var slow = route.Forth.Impair(new Impairment(LatencyMs: 300, JitterMs: 0));
        var clock = System.Diagnostics.Stopwatch.StartNew();
        await client.SayAsync("x");
        Assert.Equal("x", await server.HearAsync(1));
        Assert.True(clock.ElapsedMilliseconds >= 290, $"{clock.ElapsedMilliseconds} ms");
        slow.Dispose();
        using var broken = route.Forth.Impair(new Impairment(0, 0, Reset: 1));
        await client.SayAsync("x");
        Assert.False(await server.EndsProperlyAsync());
    }

    [Fact]
    public async Task It_listens_exactly_while_its_upstream_does()
    {
        proxy.Close();
        Assert.True(await Peer.IsRefusedAsync(proxy.Port));
        await using var upstreams = new Upstreams([proxy]);
        upstreams.Look();
        Assert.False(await Peer.IsRefusedAsync(proxy.Port));
        listener.Dispose();
        upstreams.Look();
        Assert.True(await Peer.IsRefusedAsync(proxy.Port));
    }

    [Fact]
    public async Task A_connection_that_its_upstream_refuses_closes_the_door_for_the_next()
    {
        listener.Dispose();
        try
        {
            using var first = await Peer.ConnectAsync(proxy.Port);
            await first.EndsProperlyAsync();
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset)
        {
            // The door was closed so soon that it had hardly come in.
        }
        await ClusterUnderTest.EventuallyAsync(() => Peer.IsRefusedAsync(proxy.Port), "the door is open still");
    }

    [Fact]
    public async Task A_remoting_connection_is_known_by_its_first_frame_which_is_passed_on_whole()
    {
        var bytes = Convert.FromHexString(Associate);
        Assert.Equal(OriginPort, RemotingOrigin.PortOf(bytes));

        var seen = 0;
        var (socket, upstream) = Peer.Listen();
        using var remoting = new Proxy(LocalCluster.FreePorts(1)[0], upstream, async (connection, ct) =>
        {
            (seen, var read) = await RemotingOrigin.ReadAsync(connection, ct);
            return new Opening(route, read);
        });
        remoting.Open();
        using var client = await Peer.ConnectAsync(remoting.Port);
        // In two pieces, as a network may deliver it.
        await client.SayAsync(bytes[..7]);
        await client.SayAsync([.. bytes[7..], 42]);
        using var server = await Peer.AcceptAsync(socket);
        Assert.Equal([.. bytes, 42], await server.HearBytesAsync(bytes.Length + 1));
        Assert.Equal(OriginPort, seen);
        socket.Dispose();
    }

    [Theory]
    [InlineData("2c000000")]
    [InlineData("04000000ffffffff")]
    [InlineData("020000000a00")]
    public void What_is_no_Associate_is_not_let_through(string frame) =>
        Assert.ThrowsAny<InvalidDataException>(() => RemotingOrigin.PortOf(Convert.FromHexString(frame)));
}
