using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace AkkaHa.Cli.CommandLine;

/// <summary>A command whose own help ends with examples; the help of the command above it has no room for them.</summary>
sealed class ExampleCommand(string name, string description, params string[] examples) : Command(name, description)
{
    public IReadOnlyList<string> Examples => examples;

    /// <summary>What its own help says beyond the description, which stands in the help of the command above it too.</summary>
    public string Details { get; set; } = "";

    /// <summary>It deals with SIGINT and SIGTERM itself, for as long as it takes.</summary>
    public bool TakesSignals { get; set; }
}

/// <summary>The library's help, with the examples after it.</summary>
sealed class HelpWithExamples(HelpAction help) : SynchronousCommandLineAction
{
    public static void AddTo(RootCommand root)
    {
        var option = root.Options.OfType<HelpOption>().Single();
        option.Action = new HelpWithExamples((HelpAction)option.Action!);
    }

    // Asked for help, nobody is told of what is missing.
    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parsed)
    {
        var output = parsed.InvocationConfiguration.Output;
        var code = WithItsName(parsed, output);
        if (parsed.CommandResult.Command is ExampleCommand { Examples.Count: > 0 } command)
        {
            foreach (var line in command.Details.Split('\n', StringSplitOptions.RemoveEmptyEntries)) output.WriteLine(line);
            if (command.Details.Length > 0) output.WriteLine();
            output.WriteLine("Examples:");
            foreach (var example in command.Examples) output.WriteLine($"  {example}");
            output.WriteLine();
        }
        return code;
    }

    /// <summary>The library takes the name of the assembly for the command's.</summary>
    int WithItsName(ParseResult parsed, TextWriter output)
    {
        using var text = new StringWriter();
        parsed.InvocationConfiguration.Output = text;
        var code = help.Invoke(parsed);
        parsed.InvocationConfiguration.Output = output;
        output.Write(text.ToString().Replace($"  {parsed.RootCommandResult.Command.Name} ", $"  {AkkahaCommand.Name} ", StringComparison.Ordinal));
        return code;
    }
}
