using System.CommandLine;
using AkkaHa.Cli.CommandLine;
using AkkaHa.Cli.Local;

namespace AkkaHa.Cli.Demo;

/// <summary><c>akkaha demo</c>: three nodes on this machine, one of them killed under load, and the sums checked afterwards.</summary>
static class DemoCommand
{
    /// <summary>What <c>--break</c> takes.</summary>
    const string Guard = "guard";

    /// <summary>The command; it brings its own cluster and leaves nothing behind.</summary>
    public static Command Create()
    {
        Option<bool> quick = new("--quick") { Description = "Less load, the same checks; within 90 s on 2 cores" };
        Option<bool> keep = new("--keep") { Description = "Leave the cluster running after the checks, until Ctrl-C, and print its addresses" };
        Option<string?> without = new("--break")
        {
            Description = "Test switch: start the nodes without this safety rule, to see that the checks notice. Then the demo must fail",
            HelpName = Guard,
        };
        without.AcceptOnlyFromAmong(Guard);

        var json = Json.Option("Print every promise and whether it was kept as JSON; all else goes to standard error");

        ExampleCommand command = new("demo", "Three nodes on this machine: locks, transactions and keys under load, while one node is killed. Then checks that nothing was lost.",
            "akkaha demo --quick", "akkaha demo --keep")
        {
            quick, keep, without, json,
        };
        command.SetAction(async (parsed, cancel) =>
        {
            if (!File.Exists(NodeProcess.NodeAssembly))
            {
                await parsed.InvocationConfiguration.Error.WriteLineAsync($"This akkaha came without the nodes that the demo starts: there is no {NodeProcess.NodeAssembly}. The .NET tool and a build of src/Cli have them.");
                return ExitCode.Error;
            }
            var options = new DemoOptions
            {
                Plan = parsed.GetValue(quick) ? DemoPlan.Quick : DemoPlan.Full,
                Keep = parsed.GetValue(keep),
                BreakGuard = parsed.GetValue(without) is not null,
            };
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            using var launcher = new LauncherWatch(stop);
            var config = parsed.InvocationConfiguration;
            var screen = new Screen(parsed.GetValue(json) ? config.Error : config.Output);
            try
            {
                var promises = await new Demonstration(options, screen).RunAsync(stop.Token);
                var holds = promises.All(p => p.Holds);
                if (parsed.GetValue(json)) Json.WriteLine(config.Output, new { holds, promises });
                return holds ? ExitCode.Ok : ExitCode.Error;
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                screen.Say("Stopped. No process is left.");
                return ExitCode.Interrupted;
            }
            catch (DemoFailedException e)
            {
                await parsed.InvocationConfiguration.Error.WriteLineAsync(e.Message);
                return ExitCode.Error;
            }
        });
        return command;
    }
}
