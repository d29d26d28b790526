# The help is what a person sees in a terminal of 80 columns, so it is tested as shown there. Nothing here names a
# command: a new one is tested as soon as it is exported.
BeforeDiscovery {
    $module = Import-Module ([System.IO.Path]::Combine($PSScriptRoot, '..', '..', 'module', 'EntraTokenBridge.psd1')) -PassThru
    $ofHost = [System.Management.Automation.Cmdlet]::CommonParameters + [System.Management.Automation.Cmdlet]::OptionalCommonParameters
    $commands = @($module.ExportedFunctions.Values | ForEach-Object { @{ Command = $_.Name } })
    $parameters = @(foreach ($command in $module.ExportedFunctions.Values) {
            $command.Parameters.Values | Where-Object { $_.Name -notin $ofHost } |
                ForEach-Object { @{ Command = $command.Name; Parameter = $_.Name; Aliases = @($_.Aliases) } }
        })
}

BeforeAll {
    Import-Module ([System.IO.Path]::Combine($PSScriptRoot, '..', '..', 'module', 'EntraTokenBridge.psd1'))

    # What PowerShell makes of a text with several paragraphs is a list; help without them has $null.
    function Get-HelpText { param($Part) (@($Part | ForEach-Object { $_.Text }) -join "`n").Trim() }

    # The text as it was written: PowerShell breaks what is wider than the terminal, in the middle of a word.
    function Get-Width { param([string] $Text) ($Text -split '\r?\n' | Measure-Object -Property Length -Maximum).Maximum }
}

Describe 'The help of <Command>' -ForEach $commands {
    BeforeAll { $help = Get-Help $Command -Full }

    It 'says in one sentence what the command does' {
        $help.Synopsis | Should -MatchExactly '^[A-Z][^\r\n]+\.$'
        $help.Synopsis.Length | Should -BeLessOrEqual 76
    }

    It 'describes the command, in lines that fit into a terminal' {
        $text = Get-HelpText $help.description
        $text.Length | Should -BeGreaterThan 200
        Get-Width $text | Should -BeLessOrEqual 75
    }

    It 'has three examples or more, each with code that PowerShell can read and a word about it' {
        $examples = @($help.examples.example)
        $examples.Count | Should -BeGreaterOrEqual 3
        foreach ($example in $examples) {
            $errors = $null
            $null = [System.Management.Automation.Language.Parser]::ParseInput($example.code, [ref]$null, [ref]$errors)
            $errors | Should -BeNullOrEmpty -Because $example.code
            Get-HelpText $example.remarks | Should -Match '\.$' -Because "'$($example.code)' needs a word"
            # The first line has the prompt before it.
            Get-Width ('PS > ' + $example.code) | Should -BeLessOrEqual 75 -Because $example.code
            Get-Width (Get-HelpText $example.remarks) | Should -BeLessOrEqual 75 -Because $example.code
        }
    }

    It 'gives the command in its examples only parameters that it has' {
        foreach ($example in @($help.examples.example)) {
            $ast = [System.Management.Automation.Language.Parser]::ParseInput($example.code, [ref]$null, [ref]$null)
            $calls = @($ast.FindAll({ $args[0] -is [System.Management.Automation.Language.CommandAst] }, $true) |
                    Where-Object { $_.GetCommandName() -eq $Command })
            $calls | Should -Not -BeNullOrEmpty -Because $example.code
            foreach ($call in $calls) {
                $tables = @($call.CommandElements | Where-Object { $_.Splatted })
                if (-not $tables) {
                    $bound = [System.Management.Automation.Language.StaticParameterBinder]::BindCommand($call, $true)
                    $bound.BindingExceptions.Keys | Should -BeNullOrEmpty -Because $example.code
                    continue
                }
                # Tables of parameters can't be bound without running the example: their names can be looked at.
                $known = (Get-Command $Command).Parameters.Values | ForEach-Object { $_.Name; $_.Aliases }
                foreach ($table in $tables) {
                    $made = $ast.Find({ $args[0].Left -and $args[0].Left.Extent.Text -eq "`$$($table.VariablePath)" }, $true)
                    $names = @($made.Right.Expression.KeyValuePairs | ForEach-Object { $_.Item1.Value })
                    $names.Count | Should -BeGreaterThan 1 -Because $example.code
                    $names | Where-Object { $_ -notin $known } | Should -BeNullOrEmpty -Because $example.code
                }
                $call.CommandElements | Where-Object { $_.ParameterName -and $_.ParameterName -notin $known } | Should -BeNullOrEmpty
            }
        }
    }

    It 'names what comes in and what goes out' {
        $help.inputTypes.inputType.type.name | Should -Match '^None'
        $output = (Get-Command $Command).OutputType
        $output = if ($output) { $output[0].Name } else { 'None\.' }
        $help.returnValues.returnValue.type.name | Should -Match "(?s)^$output\s+\w.*\.$"
    }

    It 'leads on to more' {
        @($help.relatedLinks.navigationLink.linkText) | Should -Contain 'about_EntraTokenBridge'
    }
}

Describe 'The help of <Command> -<Parameter>' -ForEach $parameters {
    BeforeAll { $text = Get-HelpText (Get-Help $Command -Parameter $Parameter).description }

    It 'describes it, in lines that fit into a terminal' {
        $text | Should -Match '\.$'
        $text.Length | Should -BeGreaterThan 30
        Get-Width $text | Should -BeLessOrEqual 71
    }

    It 'tells its other name -<_>, which PowerShell leaves out' -ForEach $Aliases { $text | Should -MatchExactly "\B-$_\b" }
}

Describe 'about_EntraTokenBridge' {
    BeforeAll {
        $file = [System.IO.Path]::Combine((Get-Module EntraTokenBridge).ModuleBase, 'en-US', 'about_EntraTokenBridge.help.txt')
        $written = [System.IO.File]::ReadAllText($file)
        $shown = Get-Help about_EntraTokenBridge | Out-String -Width 80
    }

    It 'is found by Get-Help and shown as it was written' {
        ($shown -replace '\r').Trim() | Should -BeExactly ($written -replace '\r').Trim()
    }

    It 'is plain ASCII that fits into a terminal of 80 columns' {
        $written | Should -Not -Match '[^\x20-\x7e\r\n]'
        Get-Width $written | Should -BeLessOrEqual 80
    }

    It 'names each command that the module exports' {
        foreach ($command in (Get-Module EntraTokenBridge).ExportedFunctions.Keys) { $written | Should -MatchExactly "\b$command\b" }
    }

    It 'names no environment variable that the module does not heed' {
        $heeded = & (Get-Module EntraTokenBridge) { $EnvironmentNames + 'ENTRATOKENBRIDGE_NODE' }
        $named = [regex]::Matches($written, '\b(?:[A-Z]+_)+[A-Z]+\b').Value | Sort-Object -Unique
        $named.Count | Should -BeGreaterThan 10
        $named | Where-Object { $_ -cnotin $heeded } | Should -BeNullOrEmpty
    }

    It 'names the data of an error as the module does' {
        $data = & (Get-Module EntraTokenBridge) {
            $failure = @{
                code = 'Throttled'; retryable = $true; parameter = 'Scope'; aadsts = 90009; oauthError = 'temporarily_unavailable'
                suberror = 'throttled'; correlationId = 'c'; traceId = 't'; timestamp = 1; claims = '{}'; retryAfter = 1000; steps = @()
            }
            (ConvertTo-TokenErrorRecord @{ message = 'Wait.'; data = $failure } 'Id' 'Target').Exception.Data
        }
        $names = [regex]::Match($written, '(?ms)^ERRORS$.*?(?=^\S+ )').Value
        $named = [regex]::Matches($names, '(?m)^ {8}([A-Z]\w+)(?:, (\w+))*(?:  .*)?\r?$') |
            ForEach-Object { @($_.Groups[1].Value) + @($_.Groups[2].Captures | ForEach-Object { $_.Value }) }
        $named | Sort-Object | Should -Be ($data.Keys | Sort-Object)
    }

    It 'says which versions of Node.js the module takes' {
        $written | Should -Match 'Node\.js 22\.21 or a later 22, or 24\.5 or later'
        & (Get-Module EntraTokenBridge) {
            Test-NodeVersion '22.21.0'; Test-NodeVersion '24.5.0'; Test-NodeVersion '26.0.0'
        } | Should -Be $true, $true, $true
        & (Get-Module EntraTokenBridge) {
            Test-NodeVersion '22.20.9'; Test-NodeVersion '23.11.0'; Test-NodeVersion '24.4.1'
        } | Should -Be $false, $false, $false
    }
}
