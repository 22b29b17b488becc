using System.CommandLine;
using AkkaHa.Cli.Cluster;
using AkkaHa.Cli.CommandLine;
using AkkaHa.Cli.Demo;
using AkkaHa.Cli.Ring;

RootCommand akkaha = new("akkaha: demonstrate, operate and monitor an AkkaHa cluster.")
{
    DemoCommand.Create(),
    ClusterCommand.Create(),
    RingCommand.Create(),
};

return await Invocation.RunAsync(akkaha, args);
