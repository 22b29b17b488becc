using System.CommandLine;
using AkkaHa.Cli.CommandLine;
using AkkaHa.ClientApi;

namespace AkkaHa.Cli.Transactions;

/// <summary><c>akkaha txn resolve</c>.</summary>
static class ResolveCommand
{
    public static Command Create()
    {
        var endpoint = Endpoints.Option();
        Argument<string> id = new("ID") { Description = "The transaction's id" };
        Option<string?> without = new("--without")
        {
            Description = "A participant that can't be recovered, as `txn list` names it (kv/…, lock/…, session/…): its rows in the journal decide in its place", HelpName = "PARTICIPANT",
        };
        Option<bool> giveUp = new("--give-up") { Description = "With --without: where its rows can't be read either, all others drop the transaction. Whether it was committed is not known then, for good" };
        Option<bool> yes = new("--yes") { Description = "With --without: does not ask" };
        var json = Json.Option();
        ExampleCommand command = new("resolve", "Makes the outcome of a transaction certain: one never heard of is aborted for good. With --without, one is decided that hangs on a participant which is lost.",
            "akkaha txn resolve 01890a5d-ac96-774b-bcce-b302099a8057",
            "akkaha txn resolve 01890a5d-ac96-774b-bcce-b302099a8057 --without kv/orders/7")
        {
            id, without, giveUp, yes, endpoint, json,
        };
        command.SetAction((parsed, cancel) => Endpoints.RunAsync(parsed, endpoint, async client =>
        {
            var transaction = new TransactionId(parsed.GetRequiredValue(id));
            var (lost, dropped) = (parsed.GetValue(without), parsed.GetValue(giveUp));
            if (lost is null)
            {
                if (dropped) throw new InvalidCommandException("--give-up is for --without");
                return TxnCommand.Write(parsed, transaction, await client.Transactions.ResolveAsync(transaction, cancel), parsed.GetValue(json));
            }
            if (!parsed.GetValue(yes) && !Confirmed(transaction, lost, dropped)) return ExitCode.Refused;
            return TxnCommand.Write(parsed, transaction, await client.Transactions.ResolveWithoutAsync(transaction, lost, dropped, cancel), parsed.GetValue(json));
        }));
        return command;
    }

    static bool Confirmed(TransactionId transaction, string lost, bool giveUp)
    {
        if (Console.IsInputRedirected) throw new InvalidCommandException("--without asks at a terminal whether it is meant; elsewhere it needs --yes");
        Console.Error.Write(giveUp
            ? $"If the rows of {lost} can't be read, all others drop {transaction}, also if somebody was told that it is committed. Drop it? [y/N] "
            : $"The rows of {lost} decide {transaction} in its place. Go on? [y/N] ");
        return Console.ReadLine() is "y" or "Y" or "yes";
    }
}
