import type { ShellName } from './completion-command.ts';

/**
 * One script a shell. Each hands the words before the cursor to `entra-auth-cli complete` and shows what that prints:
 * lines of a value and, after a tab, its description; a line `:files` asks for file names.
 *
 * The words are handed over as they are: nothing that was typed is ever evaluated.
 */
export const scripts: Readonly<Record<ShellName, string>> = {
  // Also for the bash 3.2 of macOS: no compopt, no words[-1].
  bash: `# bash completion for entra-auth-cli
_entra_auth_cli() {
    # bash divides words at = and : too; by the blanks between them they are put together again.
    local line=\${COMP_LINE:0:COMP_POINT} breaks=\${COMP_WORDBREAKS//[^=:]/} piece word prefix= value words=()
    local -i last=-1
    for piece in "\${COMP_WORDS[@]:0:COMP_CWORD+1}"; do
        if ((last < 0)) || [[ $line == [[:space:]]* ]]; then
            ((++last))
            words[last]=
            line=\${line#"\${line%%[![:space:]]*}"}
        fi
        [[ $line == "$piece"* ]] || piece=$line
        words[last]+=$piece
        line=\${line#"$piece"}
    done
    word=\${words[last]}
    # Only what stands behind the last of them is replaced, but for words in quotes.
    if [[ -n $breaks && $word == *["$breaks"]* && $word != [\\"\\']* ]]; then
        prefix=\${word%"\${word##*["$breaks"]}"}
    fi
    COMPREPLY=()
    while IFS=$'\\t' read -r value _; do
        if [[ $value == :files ]]; then
            compopt -o default 2>/dev/null || COMPREPLY=($(compgen -f -- "\${word#"$prefix"}"))
        else
            COMPREPLY+=("\${value#"$prefix"}")
        fi
    done < <(entra-auth-cli complete --word="$word" -- "\${words[@]:1:last-1}" 2>/dev/null)
}
complete -F _entra_auth_cli entra-auth-cli
`,
  zsh: `#compdef entra-auth-cli
# zsh completion for entra-auth-cli
_entra-auth-cli() {
    local value description
    local -a described
    local -i files=0
    while IFS=$'\\t' read -r value description; do
        if [[ $value == :files ]]; then
            files=1
        else
            described+=("\${value//:/\\\\:}\${description:+:$description}")
        fi
    done < <(entra-auth-cli complete --word="\${(Q)PREFIX}" -- "\${(@Q)words[2,CURRENT-1]}" 2>/dev/null)
    if ((files)); then
        compset -P '--*='
        _files
    else
        _describe -t values 'value' described
    fi
}
if [[ $funcstack[1] == _entra-auth-cli ]]; then
    _entra-auth-cli "$@"
else
    (($+functions[compdef])) || { autoload -Uz compinit && compinit -i }
    compdef _entra-auth-cli entra-auth-cli
fi
`,
  fish: `# fish completion for entra-auth-cli
function __entra_auth_cli_complete
    set -l words (commandline -opc)
    set -l word (commandline -ct)
    for line in (entra-auth-cli complete --word="$word" -- $words[2..-1] 2>/dev/null)
        if test "$line" = :files
            set -l prefix (string match -r -- '^--[^=]*=' "$word")
            for path in (__fish_complete_path (string replace -r -- '^--[^=]*=' '' "$word"))
                printf '%s\\n' "$prefix$path"
            end
        else
            printf '%s\\n' $line
        end
    end
end
complete -c entra-auth-cli -f -a '(__entra_auth_cli_complete)'
`,
  // Without a result PowerShell offers file names by itself.
  powershell: `# PowerShell completion for entra-auth-cli
Register-ArgumentCompleter -Native -CommandName entra-auth-cli -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $words = @(
        foreach ($element in @($commandAst.CommandElements | Select-Object -Skip 1)) {
            if ($element.Extent.EndOffset -ge $cursorPosition) { break }
            if ($element -is [System.Management.Automation.Language.StringConstantExpressionAst]) { $element.Value }
            else { $element.Extent.Text }
        }
    )
    $exitCode = $global:LASTEXITCODE
    $lines = @(entra-auth-cli complete "--word=$wordToComplete" '--' @words 2>$null)
    $global:LASTEXITCODE = $exitCode
    foreach ($line in $lines) {
        $value, $description = $line -split "\`t", 2
        if ($value -eq ':files') { continue }
        if (-not $description) { $description = $value }
        [System.Management.Automation.CompletionResult]::new($value, $value, 'ParameterValue', $description)
    }
}
`,
};
