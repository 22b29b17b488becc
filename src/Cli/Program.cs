using AkkaHa.Cli.CommandLine;

return await Invocation.RunAsync(AkkahaCommand.Create(), args);
