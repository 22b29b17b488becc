using System.CommandLine;
using AkkaHa.Cli.Backups;
using AkkaHa.Cli.Cluster;
using AkkaHa.Cli.CommandLine;
using AkkaHa.Cli.Demo;
using AkkaHa.Cli.Eventual;
using AkkaHa.Cli.Keys;
using AkkaHa.Cli.Locks;
using AkkaHa.Cli.Ring;
using AkkaHa.Cli.Sessions;
using AkkaHa.Cli.Transactions;

RootCommand akkaha = new("akkaha: demonstrate, operate and monitor an AkkaHa cluster.")
{
    DemoCommand.Create(),
    KvCommand.Create(),
    TxnCommand.Create(),
    LockCommand.Create(),
    SessionCommand.Create(),
    ClusterCommand.Create(),
    RingCommand.Create(),
    BackupCommand.Create(),
    RestoreCommand.Create(),
};

foreach (var kind in EventualCommand.CreateAll()) akkaha.Subcommands.Add(kind);
HelpWithExamples.AddTo(akkaha);
return await Invocation.RunAsync(akkaha, args);
