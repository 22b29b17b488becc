using System.CommandLine;
using AkkaHa.Cli.CommandLine;

namespace AkkaHa.Cli.Completion;

/// <summary><c>akkaha completion</c>: what a shell needs to complete words.</summary>
static class CompletionCommand
{
    public static Command Create()
    {
        string[] shells = [.. CompletionScripts.All.Keys];
        Argument<string> shell = new("SHELL") { HelpName = "SHELL", Description = string.Join(", ", shells) };
        shell.AcceptOnlyFromAmong(shells);
        ExampleCommand command = new("completion", "Prints a script by which a shell completes commands, options and their values.",
            "source <(akkaha completion bash)",
            "akkaha completion bash > ~/.local/share/bash-completion/completions/akkaha",
            "akkaha completion zsh > ~/.zfunc/_akkaha",
            "akkaha completion fish > ~/.config/fish/completions/akkaha.fish",
            "akkaha completion pwsh >> $PROFILE")
        {
            shell,
        };
        command.SetAction(parsed =>
        {
            parsed.InvocationConfiguration.Output.Write(CompletionScripts.All[parsed.GetRequiredValue(shell)]);
            return ExitCode.Ok;
        });
        return command;
    }
}
