using System.CommandLine;
using AkkaHa.Cli.CommandLine;
using AkkaHa.Cli.Ring;

RootCommand akkaha = new("akkaha: demonstrate, operate and monitor an AkkaHa cluster.")
{
    RingCommand.Create(),
};

return await Invocation.RunAsync(akkaha, args);
