using System.CommandLine;
using AkkaHa.Cli.CommandLine;
using AkkaHa.ClientApi;

namespace AkkaHa.Cli.Transactions;

/// <summary><c>akkaha txn run</c>.</summary>
static class RunCommand
{
    const string StandardInput = "-";

    // What a line of a terminal has room for beside a name.
    const int ValueWidth = 60;

    public static Command Create()
    {
        var endpoint = Endpoints.Option();
        Argument<string> file = new("FILE") { Description = $"The transaction in JSON, in the shape of POST /v1/transactions (values in base64), or {StandardInput}: standard input" };
        var json = Json.Option();
        ExampleCommand command = new("run", """
            Runs a transaction: if all conditions hold, all of `then`, else all of `else`, or nothing. Durable when it returns. Conditions that do not hold are no error.
            After exit code 6, `akkaha txn resolve` with the id that was printed makes the outcome certain.
            """,
            "akkaha txn run transfer.json",
            """echo '{"conditions":[{"key":"a","absent":true}],"then":[{"add":{"key":"n","amount":"5"}}]}' | akkaha txn run -""")
        {
            file, endpoint, json,
        };
        command.SetAction(async (parsed, cancel) =>
        {
            TransactionFile? transaction = null;
            return await Endpoints.RunAsync(
                parsed,
                endpoint,
                async client =>
                {
                    var result = await client.Transactions.SubmitAsync(transaction!.Transaction, transaction.Id, cancel);
                    Write(parsed, result, parsed.GetValue(json));
                    return ExitCode.Ok;
                },
                async options =>
                {
                    transaction = await ReadAsync(parsed.GetRequiredValue(file), cancel);
                    return transaction.Deadline is { } deadline ? options with { TransactionDeadline = deadline } : options;
                });
        });
        return command;
    }

    static async Task<TransactionFile> ReadAsync(string file, CancellationToken cancel)
    {
        if (file == StandardInput) return TransactionFile.Parse("standard input", await Input.ReadAsync(cancel));
        try
        {
            return TransactionFile.Parse(file, await File.ReadAllBytesAsync(file, cancel));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidCommandException(e.Message);
        }
    }

    static void Write(ParseResult parsed, TransactionResult result, bool json)
    {
        var output = parsed.InvocationConfiguration.Output;
        if (json)
        {
            var (transactionId, outcome) = (result.Id.Text, TxnCommand.NameOf(TransactionOutcome.Committed));
            var (conditionsHeld, conditionResults, results) = (result.ConditionsHeld, result.ConditionResults, result.Results.Select(Shape));
            // As the API has it: the field is there only when it is true.
            Json.WriteLine(output, result.ResultsDropped
                ? new { transactionId, outcome, conditionsHeld, results, conditionResults, resultsDropped = true }
                : new { transactionId, outcome, conditionsHeld, results, conditionResults });
            return;
        }
        output.WriteLine($"{result.Id} is committed: {(result.ConditionsHeld ? "the conditions held, `then` was done" : "the conditions did not hold, `else` was done")}");
        if (result.ResultsDropped) output.WriteLine("It was committed before; its results are not kept any more.");
        if (result.Results.Count > 0) Tables.Write(output, ["key", "revision", "value"], result.Results.Select(r => (string[])[r.Key, r.Revision.ToString(), ValueText.Of(r.Value, ValueWidth)]));
    }

    static object Shape(OperationResult r) => r.Value is { } value
        ? new { key = r.Key, revision = r.Revision.ToString(), value = Convert.ToBase64String(value.Span), deleted = r.Deleted }
        : new { key = r.Key, revision = r.Revision.ToString(), deleted = r.Deleted };
}
