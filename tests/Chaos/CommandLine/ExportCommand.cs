using System.CommandLine;
using AkkaHa.Chaos.Histories;
using AkkaHa.Chaos.Judging;
using AkkaHa.Cli.CommandLine;
using AkkaHa.Judge.Export;

namespace AkkaHa.Chaos.CommandLine;

/// <summary><c>export DIR</c>: a saved run for a judge that is not ours.</summary>
static class ExportCommand
{
    /// <summary>Times in histories are microseconds.</summary>
    private const long NanosecondsPerTick = 1000;

    private const string ListAppend = "list-append";
    private const string RwRegister = "rw-register";

    public static Command Create()
    {
        Argument<DirectoryInfo> directory = new("DIR") { Description = "What run --out was given" };
        Option<string> model = new("--model")
        {
            Description = $"{ListAppend}: the transactions over lists; {RwRegister}: transactions over several registers, and puts and gets of keys that nobody deleted", DefaultValueFactory = _ => ListAppend,
        };
        model.AcceptOnlyFromAmong(ListAppend, RwRegister);
        Option<FileInfo> file = new("--out") { Description = "Where to; left out: standard output" };
        Command command = new("export",
            $"Writes a saved run as Jepsen does, in EDN, an operation's beginning or end a line: for Elle, say: elle-cli --model {ListAppend} --consistency-models strict-serializable FILE. "
            + "Keys and values are numbered; what became of an unknown transaction afterwards is in it.")
        {
            directory, model, file,
        };
        command.SetAction(parsed =>
        {
            Operation[] operations = [.. new HistoryFiles(parsed.GetRequiredValue(directory).FullName).ReadOperations()];
            var lines = parsed.GetValue(model) == ListAppend
                ? JepsenHistory.Lists([.. HistoryJudge.Lists(operations)], NanosecondsPerTick)
                : JepsenHistory.Registers([.. HistoryJudge.Registers(operations), .. HistoryJudge.Cells(operations)], NanosecondsPerTick);
            if (parsed.GetValue(file) is { } target) File.WriteAllLines(target.FullName, lines);
            else
                foreach (var line in lines) parsed.InvocationConfiguration.Output.WriteLine(line);
            return ExitCode.Ok;
        });
        return command;
    }
}
