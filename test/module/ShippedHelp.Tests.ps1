# The help of the module as it is shipped: it comes from a file, and is what the comments of the sources say. Nothing here
# names a command: a new one is tested as soon as it is exported.
BeforeDiscovery {
    $module = Import-Module ([System.IO.Path]::Combine($PSScriptRoot, '..', '..', 'module', 'EntraTokenBridge.psd1')) -PassThru
    $commands = @($module.ExportedFunctions.Values | ForEach-Object { @{ Command = $_.Name } })
}

BeforeAll {
    $root = [System.IO.Path]::GetFullPath([System.IO.Path]::Combine($PSScriptRoot, '..', '..'))
    $helpXml = [System.IO.Path]::Combine($root, 'scripts', 'help-xml.ps1')

    # The help of a module's commands, by a PowerShell session of its own: two builds of a module can't be told apart in one.
    # Of each command: what Get-Help gives, one line a property, what it shows, and what stands in the command's comments.
    function Get-ModuleHelp {
        param([string] $Module, [string] $Culture = 'en-US')
        $session = [powershell]::Create()
        try {
            $null = $session.AddScript({
                    param($Module, $Culture)
                    $ErrorActionPreference = 'Stop'
                    [System.Threading.Thread]::CurrentThread.CurrentUICulture = $Culture

                    function Get-PropertyLine {
                        param($Value, [string] $Path)
                        $index = 0
                        foreach ($item in $Value) {
                            $at = "$Path[$index]"
                            $index++
                            # Help from a file bears the file's name among those of its type.
                            "$at : $(@($item.PSTypeNames) -notlike '*-help.xml*')"
                            if ($item -is [string]) { "$at = $item" }
                            foreach ($property in $item.PSObject.Properties | Sort-Object Name) {
                                if ($property.MemberType -ne 'NoteProperty') { continue }
                                Get-PropertyLine $property.Value "$at.$($property.Name)"
                            }
                        }
                    }

                    $imported = Import-Module $Module -PassThru
                    foreach ($name in $imported.ExportedFunctions.Keys | Sort-Object) {
                        @{
                            Name     = $name
                            Object   = @(Get-PropertyLine (Get-Help $name -Full) $name)
                            Comments = $imported.ExportedFunctions[$name].ScriptBlock.Ast.GetHelpContent()
                            Shown    = @{
                                Default    = Get-Help $name | Out-String -Width 120
                                Detailed   = Get-Help $name -Detailed | Out-String -Width 120
                                Full       = Get-Help $name -Full | Out-String -Width 120
                                Examples   = Get-Help $name -Examples | Out-String -Width 120
                                Parameters = Get-Help $name -Parameter * -ErrorAction Ignore | Out-String -Width 120
                            }
                        }
                    }
                }.ToString()).AddArgument($Module).AddArgument($Culture)
            $help = @{}
            foreach ($command in $session.Invoke()) { $help[$command.Name] = $command }
            $help
        }
        finally { $session.Dispose() }
    }
}

Describe 'The shipped module' {
    BeforeAll {
        $null = & (Join-Path $root build.ps1) -Task Module -OutPath "$TestDrive"
        $manifest = [System.IO.Path]::Combine($TestDrive, 'EntraTokenBridge', 'EntraTokenBridge.psd1')
        $file = [System.IO.Path]::Combine($TestDrive, 'EntraTokenBridge', 'en-US', 'EntraTokenBridge-help.xml')
        $sources = Get-ModuleHelp ([System.IO.Path]::Combine($root, 'module', 'EntraTokenBridge.psd1'))
        $shipped = Get-ModuleHelp $manifest
    }

    Context '<Command>' -ForEach $commands {
        It 'has its help in the file, and none in its comments' {
            ([xml][System.IO.File]::ReadAllText($file)).helpItems.command.details.name | Should -Contain $Command
            $shipped[$Command].Comments.MamlHelpFile | Should -BeExactly 'EntraTokenBridge-help.xml'
            $shipped[$Command].Comments.Synopsis | Should -BeNullOrEmpty
            $shipped[$Command].Comments.Parameters.Count | Should -Be 0
        }

        It 'has the help of the sources, property by property' {
            $shipped[$Command].Object | Should -Contain "$Command[0].Synopsis[0] = $($sources[$Command].Comments.Synopsis.Trim())"
            $shipped[$Command].Object | Should -BeExactly $sources[$Command].Object
        }

        # A command without parameters shows nothing as its parameters.
        It 'shows the help of the sources: <_>' -ForEach Default, Detailed, Full, Examples, Parameters {
            $shipped[$Command].Shown[$_] | Should -BeExactly $sources[$Command].Shown[$_]
        }
    }

    It 'has help of its exported commands alone' {
        $names = ([xml][System.IO.File]::ReadAllText($file)).helpItems.command.details.name
        $names | Should -Be @((Import-PowerShellDataFile $manifest).FunctionsToExport | Sort-Object)
    }

    It 'has its help in MAML, in ASCII' {
        ([xml][System.IO.File]::ReadAllText($file)).helpItems.schema | Should -BeExactly 'maml'
        [System.IO.File]::ReadAllText($file) | Should -Not -Match '[^\x20-\x7e\n]'
    }

    It 'shows its help to people of another language too: <_>' -ForEach 'de-DE', '' {
        $shown = Get-ModuleHelp $manifest $_
        foreach ($command in $sources.Keys) { $shown[$command].Object | Should -BeExactly $sources[$command].Object }
    }
}

Describe 'A help file made of comments' {
    BeforeAll {
        # Makes a module of a script with a comment of help in each function, and another with the help in a file.
        function Get-HelpOfBoth {
            param([string] $Script)
            foreach ($folder in 'sources', 'shipped') { $null = New-Item "$TestDrive/$folder/Odd/en-US" -ItemType Directory -Force }
            [System.IO.File]::WriteAllText("$TestDrive/sources/Odd/Odd.psm1", $Script, [System.Text.Encoding]::Unicode)
            $withoutHelp = $Script -replace '(?s)<#.*?#>', '# .EXTERNALHELP Odd-help.xml'
            [System.IO.File]::WriteAllText("$TestDrive/shipped/Odd/Odd.psm1", $withoutHelp)
            & $helpXml -Manifest "$TestDrive/sources/Odd/Odd.psm1" -Path "$TestDrive/shipped/Odd/en-US/Odd-help.xml"
            @{
                Sources = Get-ModuleHelp "$TestDrive/sources/Odd/Odd.psm1"
                Shipped = Get-ModuleHelp "$TestDrive/shipped/Odd/Odd.psm1"
            }
        }
    }

    It 'has all that comments, parameters and output types can say' {
        $help = Get-HelpOfBoth (@'
function Get-Odd {
    <#
    .SYNOPSIS
    Tells whether a < b & "c" > 'd' ]]>.

    .DESCRIPTION
    One paragraph.

      Indented, <b>not bold</b>, with an UMLAUT.

    .PARAMETER Path
    Where.

    .PARAMETER Day
    When.

    .INPUTS
    System.String

    .INPUTS
    System.Object

    .NOTES
    Take note.

    .EXAMPLE
    Get-Odd 1 -Day Monday

    .EXAMPLE
    PS C:\> 1 | Get-Odd |
        Out-Null

    Two lines,

    and two paragraphs.

    .LINK
    https://example.com/odd

    .LINK
    Get-Even
    #>
    [CmdletBinding(DefaultParameterSetName = 'One')]
    [OutputType([string], [int])]
    param(
        [Parameter(ParameterSetName = 'One', Mandatory, Position = 0, ValueFromPipeline)]
        [Parameter(ParameterSetName = 'Two', ValueFromPipelineByPropertyName)]
        [SupportsWildcards()] [string[]] $Path,
        [System.DayOfWeek] $Day = 'Monday',
        [System.DayOfWeek[]] $Days,
        [Parameter(ParameterSetName = 'Two')] [ValidateSet('a', 'b')] [string] $Letter = 'a',
        [hashtable] $Table = @{ a = 1 },
        [switch] $Quiet
    )
}
function Get-Bare {
    <#
    .SYNOPSIS
    Has no parameters and nothing to say.
    #>
}
'@ -replace 'UMLAUT', [char]0xfc)
        foreach ($command in 'Get-Odd', 'Get-Bare') {
            $help.Shipped[$command].Comments.MamlHelpFile | Should -BeExactly 'Odd-help.xml'
            $help.Shipped[$command].Object | Should -BeExactly $help.Sources[$command].Object
            foreach ($view in $help.Sources[$command].Shown.Keys) {
                $help.Shipped[$command].Shown[$view] | Should -BeExactly $help.Sources[$command].Shown[$view]
            }
        }
    }

    It 'is not made when a command has no help' {
        { Get-HelpOfBoth 'function Get-Silent { param($Name) $Name }' } |
            Should -Throw 'Get-Silent has no comment-based help with a synopsis.'
    }
}
