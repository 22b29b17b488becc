using AkkaHa.Node.Tests.Docs;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Xunit;

namespace AkkaHa.Node.Tests.Monitoring;

/// <summary>
/// The files that only a build with <c>-p:PetabridgeCmd=true</c> compiles: here against the rest of the node and a sketch of Petabridge's API, made from its public samples.
/// It finds what the node has changed under them; whether the sketch is right shows only where the packages are.
/// </summary>
public sealed class PetabridgeTests
{
    private const string Sketch = """
        namespace Petabridge.Cmd
        {
            public sealed class CommandDefinition { public string Name => ""; }
            public sealed class ArgumentBuilder
            {
                public ArgumentBuilder WithName(string name) => this;
                public ArgumentBuilder WithDescription(string text) => this;
                public ArgumentBuilder IsMandatory(bool mandatory) => this;
                public ArgumentBuilder WithSwitch(string text) => this;
            }
            public sealed class CommandDefinitionBuilder
            {
                public CommandDefinitionBuilder WithName(string name) => this;
                public CommandDefinitionBuilder WithDescription(string text) => this;
                public CommandDefinitionBuilder WithArgument(System.Func<ArgumentBuilder, ArgumentBuilder> argument) => this;
                public CommandDefinition Build() => new();
            }
            public sealed class CommandPalette { public CommandPalette(string name, CommandDefinition[] commands) { } }
            public sealed class Command { }
            public sealed class Arguments { public System.Collections.Generic.IEnumerable<string> ArgumentValues(string name) => []; }
            public class CommandResponse { public CommandResponse(string text, bool final = true) { } }
            public sealed class ErroredCommandResponse : CommandResponse { public ErroredCommandResponse(string text, bool final = true) : base(text, final) { } }
        }
        namespace Petabridge.Cmd.Host
        {
            public abstract class CommandPaletteHandler
            {
                protected CommandPaletteHandler(CommandPalette palette) { }
                public abstract Akka.Actor.Props HandlerProps { get; }
                public virtual void OnRegister(PetabridgeCmd plugin) { }
            }
            public abstract class CommandHandlerActor : Akka.Actor.ReceiveActor
            {
                protected CommandHandlerActor(CommandPalette palette) { }
                protected void Process(string name, System.Action<Command> handle) { }
                protected void Process(string name, System.Action<Command, Arguments> handle) { }
            }
            public sealed class PetabridgeCmd : Akka.Actor.IExtension
            {
                public static PetabridgeCmd Get(Akka.Actor.ActorSystem system) => new();
                public void RegisterCommandPalette(CommandPaletteHandler handler) { }
                public void Start() { }
            }
        }
        namespace Petabridge.Cmd.Cluster { public static class ClusterCommands { public static Petabridge.Cmd.Host.CommandPaletteHandler Instance => null!; } }
        namespace Petabridge.Cmd.Cluster.Sharding { public static class ClusterShardingCommands { public static Petabridge.Cmd.Host.CommandPaletteHandler Instance => null!; } }
        """;

    // As the project has it by default.
    private const string Usings = """
        global using System; global using System.Collections.Generic; global using System.IO; global using System.Linq; global using System.Threading; global using System.Threading.Tasks;
        global using Microsoft.AspNetCore.Builder; global using Microsoft.Extensions.Configuration; global using Microsoft.Extensions.DependencyInjection;
        global using Microsoft.Extensions.Hosting; global using Microsoft.Extensions.Logging;
        """;

    private static string[] Files => Directory.GetFiles(Repository.PathOf("src/Node/Monitoring"), "Petabridge*.cs");

    [Fact]
    public void The_switched_off_files_compile_against_the_node_and_the_samples_API()
    {
        Assert.NotEmpty(Files);
        Assert.Empty(Errors(Files.Select(File.ReadAllText)));
    }

    [Fact]
    public void What_does_not_fit_the_node_would_be_found()
    {
        var errors = Errors(Files.Select(f => File.ReadAllText(f).Replace("l.LastFence", "l.FenceThatThereIsNot", StringComparison.Ordinal)));
        Assert.Contains(errors, e => e.Contains("FenceThatThereIsNot", StringComparison.Ordinal));
        Assert.NotEmpty(Errors(Files.Select(f => File.ReadAllText(f) + "}")));
    }

    private static string[] Errors(IEnumerable<string> sources)
    {
        // This assembly's own name: the node shows its internals to it.
        var compilation = CSharpCompilation.Create(
            typeof(PetabridgeTests).Assembly.GetName().Name,
            sources.Append(Sketch).Append(Usings).Select(s => CSharpSyntaxTree.ParseText(s, new CSharpParseOptions(LanguageVersion.Preview))),
            ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator).Select(f => MetadataReference.CreateFromFile(f)),
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable));
        return [.. compilation.GetDiagnostics().Where(d => d.Severity >= DiagnosticSeverity.Warning && d.Id is not ("CS1701" or "CS1702" or "CS8019")).Select(d => d.ToString())];
    }
}
