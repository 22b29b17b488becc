using System.CommandLine;
using AkkaHa.Chaos.CommandLine;
using AkkaHa.Cli.CommandLine;

RootCommand chaos = new("Breaks a cluster of real processes in every way it can while clients use it, and has what they saw judged.")
{
    RunCommand.Create(),
    JudgeCommand.Create(),
    ReportCommand.Create(),
    TimeCommand.Create(),
    ExportCommand.Create(),
};

return await Invocation.RunAsync(chaos, args);
