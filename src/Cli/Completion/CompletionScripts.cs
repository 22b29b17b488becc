namespace AkkaHa.Cli.Completion;

/// <summary>One for each shell. All do the same: what stands before the cursor, without the command's own name, goes to <see cref="Suggestions"/>; if there are none, it is for the name of a file.</summary>
static class CompletionScripts
{
    public static readonly SortedDictionary<string, string> All = new(StringComparer.Ordinal)
    {
        ["bash"] = """
            # akkaha's words for bash
            _akkaha() {
              local line=${COMP_LINE:0:COMP_POINT} IFS=$'\n'
              line=${line#*"$1"}
              line=${line# }
              COMPREPLY=($("$1" "[suggest:${#line}]" "$line" 2>/dev/null))
            }
            complete -o bashdefault -o default -F _akkaha akkaha

            """,
        ["zsh"] = """
            #compdef akkaha
            # akkaha's words for zsh
            _akkaha() {
              local line=${BUFFER[1,CURSOR]}
              line=${line#*${words[1]}}
              line=${line# }
              local -a found
              found=(${(f)"$(${words[1]} "[suggest:${#line}]" "$line" 2>/dev/null)"})
              if (( $#found )); then compadd -a found || _files; else _files; fi
            }
            if [[ $funcstack[1] == _akkaha ]]; then _akkaha "$@"; else compdef _akkaha akkaha; fi

            """,
        ["fish"] = """
            # akkaha's words for fish
            function __akkaha_words
                set -l line (string replace -r '^\s*\S+\s?' '' -- (commandline -cp))
                set -l words (akkaha "[suggest:"(string length -- "$line")"]" "$line" 2>/dev/null)
                if test (count $words) -gt 0
                    printf '%s\n' $words
                else
                    __fish_complete_path (commandline -ct)
                end
            end
            complete -c akkaha -f -a '(__akkaha_words)'

            """,
        ["pwsh"] = """
            # akkaha's words for PowerShell
            Register-ArgumentCompleter -Native -CommandName akkaha -ScriptBlock {
                param($word, $command, $position)
                $length = $position - $command.Extent.StartOffset
                $line = $command.ToString().PadRight($length).Substring(0, $length) -replace '^\S+\s?', ''
                & $command.CommandElements[0].Value "[suggest:$($line.Length)]" "$line" |
                    ForEach-Object { [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_) }
            }

            """,
    };
}
