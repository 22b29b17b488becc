using Petabridge.Cmd;

namespace AkkaHa.Node.Monitoring;

/// <summary>What <c>pbm akkaha …</c> can be asked. It only looks: changes are made by <c>akkaha</c>, which repeats them safely.</summary>
internal static class PetabridgeCommands
{
    public const string Prefix = "prefix";
    public const string Entity = "entity";

    public static readonly CommandDefinition Locks = new CommandDefinitionBuilder().WithName("locks")
        .WithDescription("Locks that are held or waited for, the first 1,000. As `akkaha lock list`.")
        .WithArgument(argument => argument.WithName(Prefix).WithDescription("What their names begin with; left out: all.").IsMandatory(false).WithSwitch("-p").WithSwitch("-P"))
        .Build();

    public static readonly CommandDefinition Transactions = new CommandDefinitionBuilder().WithName("transactions")
        .WithDescription("Transactions that are not settled, the oldest first. As `akkaha txn list`.")
        .Build();

    public static readonly CommandDefinition Ring = new CommandDefinitionBuilder().WithName("ring")
        .WithDescription("How many shards each node owns, or who owns one entity. As `akkaha ring show`.")
        .WithArgument(argument => argument.WithName(Entity).WithDescription("kv/KEY, lock/NAME, session/SLOT or txn/SLOT; left out: all shards.").IsMandatory(false).WithSwitch("-e").WithSwitch("-E"))
        .Build();

    public static readonly CommandPalette Palette = new("akkaha", [Locks, Transactions, Ring]);
}
