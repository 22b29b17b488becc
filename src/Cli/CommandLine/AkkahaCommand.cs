using System.CommandLine;
using AkkaHa.Cli.Backups;
using AkkaHa.Cli.Bench;
using AkkaHa.Cli.Cluster;
using AkkaHa.Cli.Completion;
using AkkaHa.Cli.Demo;
using AkkaHa.Cli.Eventual;
using AkkaHa.Cli.Keys;
using AkkaHa.Cli.Locks;
using AkkaHa.Cli.Ring;
using AkkaHa.Cli.Sessions;
using AkkaHa.Cli.Top;
using AkkaHa.Cli.Transactions;

namespace AkkaHa.Cli.CommandLine;

/// <summary><c>akkaha</c>, with all that is below it.</summary>
static class AkkahaCommand
{
    /// <summary>As users type it; the assembly has another name.</summary>
    public const string Name = "akkaha";

    public static RootCommand Create()
    {
        RootCommand akkaha = new("akkaha: demonstrate, operate and monitor an AkkaHa cluster.")
        {
            DemoCommand.Create(),
            KvCommand.Create(),
            TxnCommand.Create(),
            LockCommand.Create(),
            SessionCommand.Create(),
        };
        foreach (var kind in EventualCommand.CreateAll()) akkaha.Subcommands.Add(kind);
        akkaha.Subcommands.Add(ClusterCommand.Create());
        akkaha.Subcommands.Add(RingCommand.Create());
        akkaha.Subcommands.Add(BackupCommand.Create());
        akkaha.Subcommands.Add(RestoreCommand.Create());
        akkaha.Subcommands.Add(TopCommand.Create());
        akkaha.Subcommands.Add(BenchCommand.Create());
        akkaha.Subcommands.Add(CompletionCommand.Create());
        HelpWithExamples.AddTo(akkaha);
        return akkaha;
    }
}
