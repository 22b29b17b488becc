using System.CommandLine;
using System.CommandLine.Parsing;
using AkkaHa.Cli.CommandLine;
using AkkaHa.Cli.Ring;
using Xunit;

namespace AkkaHa.Cluster.Tests.CommandLine;

/// <summary>That every verb is there, and explained.</summary>
public sealed class HelpTests
{
    private static readonly RootCommand Akkaha = AkkahaCommand.Create();

    private static readonly string Pages = string.Concat(new[] { "cli.md", "cli-cluster.md" }.Select(p => File.ReadAllText(Path.Combine(Repository(), "docs", p))));

    public static TheoryData<string> Verbs => [.. Leaves(Akkaha, "akkaha").Select(l => l.Path)];

    [Fact]
    public void All_verbs_of_the_contract_are_there()
    {
        string[] promised =
        [
            "demo", "cluster show", "cluster leave", "cluster down", "ring show", "ring simulate", "lock acquire", "lock release", "lock show", "lock list", "lock force-release", "lock run",
            "kv get", "kv put", "kv delete", "kv list", "kv watch", "txn run", "txn show", "txn list", "txn resolve", "session list", "session show", "session close",
            "counter get", "set get", "register get", "map get", "flag get", "top", "bench", "backup", "restore", "completion",
        ];
        Assert.Empty(promised.Select(p => $"akkaha {p}").Except(Leaves(Akkaha, "akkaha").Select(l => l.Path)));
    }

    [Theory]
    [MemberData(nameof(Verbs))]
    public void A_verb_has_examples_and_each_is_a_command_line_that_makes_sense(string verb)
    {
        var command = Assert.IsType<ExampleCommand>(Leaves(Akkaha, "akkaha").Single(l => l.Path == verb).Command);
        // Beside them there may be what one does with the outcome.
        var examples = command.Examples.Where(e => e.Contains(verb, StringComparison.Ordinal)).ToArray();
        Assert.NotEmpty(examples);
        Assert.All(examples, example =>
        {
            // What a shell does with it afterwards is not akkaha's.
            var own = example[example.IndexOf("akkaha ", StringComparison.Ordinal)..].Split([" | ", " > ", " >> ", " < ", ")"], StringSplitOptions.None)[0];
            var parsed = Akkaha.Parse([.. CommandLineParser.SplitCommandLine(own.Replace('\'', '"')).Skip(1)]);
            Assert.Empty(parsed.Errors.Select(e => e.Message));
            Assert.Same(command, parsed.CommandResult.Command);
        });
    }

    [Theory]
    [MemberData(nameof(Verbs))]
    public void A_verb_can_print_JSON_unless_what_it_prints_is_not_its_own(string verb)
    {
        if (verb is "akkaha lock run" or "akkaha completion") return;
        Assert.Contains(Leaves(Akkaha, "akkaha").Single(l => l.Path == verb).Command.Options, o => o.Name == "--json");
    }

    [Theory]
    [MemberData(nameof(Verbs))]
    public void A_verb_is_on_a_page_of_the_command_line(string verb) => Assert.Matches($@"\b{verb["akkaha ".Length..].Split(' ')[^1]}\b", Pages);

    [Fact]
    public void Help_names_the_command_as_it_is_typed_and_not_the_assembly()
    {
        using var output = new StringWriter();
        var parsed = Akkaha.Parse(["bench", "--help"]);
        parsed.InvocationConfiguration.Output = output;
        Assert.Equal(0, parsed.Invoke());
        Assert.Contains("  akkaha bench [<WORKLOAD>...] [options]", output.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("AkkaHa.Cli", output.ToString(), StringComparison.Ordinal);
        Assert.Contains("is deleted at the end", output.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("frobnicate", "there is no 'akkaha frobnicate'. There are: demo, kv, ")]
    [InlineData("lock aquire a", "there is no 'akkaha lock aquire'. There are: run, acquire, release, ")]
    [InlineData("ring", "akkaha ring needs a verb: show, simulate")]
    [InlineData("", "akkaha needs a verb: demo, kv, ")]
    [InlineData("kv get", "Required argument missing for command: 'get'.")]
    public void A_verb_that_there_is_not_is_told_once_with_those_that_there_are(string line, string told)
    {
        var complaint = Assert.Single(Invocation.Complaints(Akkaha.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries))));
        Assert.StartsWith(told, complaint, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("7", "7")]
    [InlineData("0 1 2 5 7 8", "0-2, 5, 7-8")]
    public void Shards_are_told_in_ranges(string numbers, string ranges) =>
        Assert.Equal(ranges, ShowCommand.Ranges([.. numbers.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse)]));

    internal static string Repository()
    {
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(root.FullName, "AkkaHa.sln"))) root = root.Parent ?? throw new InvalidOperationException("the tests are not run from the repository");
        return root.FullName;
    }

    private static IEnumerable<(string Path, Command Command)> Leaves(Command command, string path) =>
        command.Subcommands.Count == 0 ? [(path, command)] : command.Subcommands.SelectMany(c => Leaves(c, $"{path} {c.Name}"));
}
