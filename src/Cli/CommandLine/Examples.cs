using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace AkkaHa.Cli.CommandLine;

/// <summary>A command whose own help ends with examples; the help of the command above it has no room for them.</summary>
sealed class ExampleCommand(string name, string description, params string[] examples) : Command(name, description)
{
    public IReadOnlyList<string> Examples => examples;

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
        var code = help.Invoke(parsed);
        if (parsed.CommandResult.Command is ExampleCommand { Examples.Count: > 0 } command)
        {
            var output = parsed.InvocationConfiguration.Output;
            output.WriteLine("Examples:");
            foreach (var example in command.Examples) output.WriteLine($"  {example}");
            output.WriteLine();
        }
        return code;
    }
}
