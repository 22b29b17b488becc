using AkkaHa.Chaos.CommandLine;
using Xunit;
using Xunit.Abstractions;

namespace AkkaHa.Cluster.Tests.Chaos;

/// <summary>The goals for how long keys are out of service after a fault: what <c>tests/Chaos -- time --check</c> measures.</summary>
public sealed class TimingTests(ITestOutputHelper output)
{
    /// <summary>How much longer than on an idle machine of two cores it may take: a machine that is slow or busy must not turn a right program red.</summary>
    private const string Slack = "3";

    [LongFact]
    public async Task After_each_fault_keys_are_back_in_time()
    {
        var command = TimeCommand.Create();
        using var text = new StringWriter();
        var exitCode = await command.Parse(["--rounds", "2", "--check", "--slack", Slack]).InvokeAsync(new() { Output = text, Error = text });
        output.WriteLine(text.ToString());
        Assert.Equal(0, exitCode);
    }
}
