using System.CommandLine;
using System.Globalization;
using AkkaHa.Cli.CommandLine;
using AkkaHa.ClientApi;

namespace AkkaHa.Cli.Transactions;

/// <summary><c>akkaha txn</c>: transactions.</summary>
static class TxnCommand
{
    /// <summary>The command with all that is below it.</summary>
    public static Command Create() => new("txn", "Run transactions, and see what became of them.")
    {
        RunCommand.Create(),
        Ask("show", "What became of a transaction: COMMITTED, ABORTED or IN_PROGRESS. UNKNOWN (never heard of, or longer ago than 24 hours) has exit code 3, and is no proof that it will never happen.",
            (client, id, cancel) => client.Transactions.GetOutcomeAsync(id, cancel)),
        ListOpen(),
        ResolveCommand.Create(),
    };

    static Command Ask(string verb, string description, Func<AkkaHaClient, TransactionId, CancellationToken, Task<TransactionOutcome>> ask)
    {
        var endpoint = Endpoints.Option();
        Argument<string> id = new("ID") { Description = "The transaction's id" };
        var json = Json.Option();
        ExampleCommand command = new(verb, description, $"akkaha txn {verb} 01985f2e-3c1b-7d50-9d6a-5b1f0a2c3d4e") { id, endpoint, json };
        command.SetAction((parsed, cancel) => Endpoints.RunAsync(parsed, endpoint, async client =>
        {
            var transaction = new TransactionId(parsed.GetRequiredValue(id));
            return Write(parsed, transaction, await ask(client, transaction, cancel), parsed.GetValue(json));
        }));
        return command;
    }

    /// <summary>Says what became of it.</summary>
    public static int Write(ParseResult parsed, TransactionId transaction, TransactionOutcome outcome, bool json)
    {
        var output = parsed.InvocationConfiguration.Output;
        if (json) Json.WriteLine(output, new { transactionId = transaction.Text, outcome = NameOf(outcome) });
        else output.WriteLine(NameOf(outcome));
        return outcome == TransactionOutcome.Unknown ? ExitCode.NotFound : ExitCode.Ok;
    }

    static Command ListOpen()
    {
        var endpoint = Endpoints.Option();
        var limit = IntegerOption.Create("--limit", "How many at most", 1, 1000, 100);
        var json = Json.Option();
        ExampleCommand command = new("list", "Transactions that are not settled, the oldest first: begun and not decided, or decided and not known to every participant. One that stays waits for what the last column names.",
            "akkaha txn list", "akkaha txn list --json | jq -r '.transactions[] | select(.ageSeconds > 60) | .transactionId'")
        {
            limit, endpoint, json,
        };
        command.SetAction((parsed, cancel) => Endpoints.RunAsync(parsed, endpoint, async client =>
        {
            var open = await client.Transactions.ListOpenAsync(parsed.GetValue(limit), cancel);
            var config = parsed.InvocationConfiguration;
            if (parsed.GetValue(json))
            {
                Json.WriteLine(config.Output, new { transactions = open.Transactions.Select(Shape), more = open.More });
                return ExitCode.Ok;
            }
            Tables.Write(config.Output, ["transaction", "outcome", "age", "attempt", "participants", "waiting for"], open.Transactions.Select(Row));
            if (open.More) await config.Error.WriteLineAsync("there are more: --limit");
            return ExitCode.Ok;
        }));
        return command;
    }

    static object Shape(UnsettledTransaction t) => new
    {
        transactionId = t.Id.Text, outcome = NameOf(t.Outcome), ageSeconds = Json.Seconds(t.Age), attempt = t.Attempt, participants = t.Participants, waitingFor = t.WaitingFor,
    };

    static string[] Row(UnsettledTransaction t) =>
    [
        t.Id.Text, NameOf(t.Outcome), string.Create(CultureInfo.InvariantCulture, $"{t.Age.TotalSeconds:0.0} s"), t.Attempt.ToString(CultureInfo.InvariantCulture),
        string.Join(", ", t.Participants), t.WaitingFor.Count == 0 ? "-" : string.Join(", ", t.WaitingFor),
    ];

    /// <summary>As the HTTP API calls it.</summary>
    public static string NameOf(TransactionOutcome outcome) => outcome switch
    {
        TransactionOutcome.InProgress => "IN_PROGRESS",
        TransactionOutcome.Committed => "COMMITTED",
        TransactionOutcome.Aborted => "ABORTED",
        _ => "UNKNOWN",
    };
}
