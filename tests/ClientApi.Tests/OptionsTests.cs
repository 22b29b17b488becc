using AkkaHa.ClientApi.Tests.Fakes;
using AkkaHa.Messages.V1;
using Microsoft.Extensions.Options;
using Xunit;

namespace AkkaHa.ClientApi.Tests;

public sealed class OptionsTests
{
    [Fact]
    public void The_defaults_are_right() => Assert.Null(AkkaHaClientOptionsValidator.FirstWrong(new AkkaHaClientOptions { Endpoints = "http://a:5081, https://b:5081" }));

    [Theory]
    [InlineData("")]
    [InlineData(" , ")]
    [InlineData("a:5081")]
    [InlineData("http://a:5081/path")]
    [InlineData("http://a:5081,ftp://b")]
    public void Endpoints_that_are_none_are_named(string endpoints)
    {
        var wrong = Assert.Throws<ArgumentException>(() => AkkaHaClient.Connect(endpoints));
        Assert.Contains("Endpoints", wrong.Message, StringComparison.Ordinal);
    }

    public static TheoryData<string, AkkaHaClientOptions> Wrong => new()
    {
        { "SessionTtl", new() { SessionTtl = TimeSpan.FromSeconds(1.9) } },
        { "SessionTtl", new() { SessionTtl = TimeSpan.FromSeconds(3601) } },
        { "SessionMaxLifetime", new() { SessionMaxLifetime = TimeSpan.FromSeconds(9) } },
        { "Label", new() { Label = new string('x', 129) } },
        { "ConnectTimeout", new() { ConnectTimeout = TimeSpan.Zero } },
        { "AttemptTimeout", new() { AttemptTimeout = TimeSpan.FromMinutes(2) } },
        { "GiveUpAfter", new() { GiveUpAfter = TimeSpan.FromSeconds(61) } },
        { "RingRefresh", new() { RingRefresh = TimeSpan.Zero } },
        { "CloseTimeout", new() { CloseTimeout = TimeSpan.FromSeconds(-1) } },
        { "TransactionDeadline", new() { TransactionDeadline = TimeSpan.FromSeconds(61) } },
        { "TransactionTries", new() { TransactionTries = 0 } },
        { "TimeProvider", new() { TimeProvider = null! } },
        { "LoggerFactory", new() { LoggerFactory = null! } },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void A_setting_out_of_its_range_is_named(string setting, AkkaHaClientOptions options)
    {
        var wrong = Assert.Throws<ArgumentException>(() => AkkaHaClient.Connect("http://a:5081", options));
        Assert.Equal(setting, wrong.ParamName);
        Assert.Contains(setting, wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_container_gives_one_client_with_its_settings()
    {
        await using var node = await FakeNode.StartAsync();
        await using var services = new ServiceCollection().AddLogging().AddAkkaHa(o =>
        {
            o.Endpoints = node.Address;
            o.Label = "web";
            o.AttemptTimeout = TestClient.Patient.AttemptTimeout;
        }).BuildServiceProvider();

        var client = services.GetRequiredService<AkkaHaClient>();
        await client.Locks.TryAcquireAsync("l");

        Assert.Same(client, services.GetRequiredService<AkkaHaClient>());
        Assert.Equal("web", node.Seen<CreateSessionRequest>().Single().Label);
    }

    [Fact]
    public async Task The_container_names_a_wrong_setting()
    {
        await using var services = new ServiceCollection().AddAkkaHa("http://a:5081").Configure<AkkaHaClientOptions>(o => o.TransactionTries = -1).BuildServiceProvider();
        var wrong = Assert.Throws<OptionsValidationException>(() => services.GetRequiredService<AkkaHaClient>());
        Assert.Contains("TransactionTries", wrong.Message, StringComparison.Ordinal);
    }
}
