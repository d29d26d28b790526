<#
.SYNOPSIS
    Builds EntraTokenBridge for people who know PowerShell better than npm.
.DESCRIPTION
    Node.js 20 or later and npm must be on PATH; all else is fetched. The tasks run in the order given.
.EXAMPLE
    ./build.ps1
    Makes out/EntraTokenBridge, a module folder that can be imported or copied to a folder of $env:PSModulePath.
.EXAMPLE
    ./build.ps1 -Task Clean, Build, Test, Package
#>
[CmdletBinding()]
param(
    [ValidateSet('Clean', 'Build', 'Module', 'Test', 'Package')]
    [string[]] $Task = 'Build',

    # Where the module folder and the package go.
    [string] $OutPath = (Join-Path $PSScriptRoot out)
)
$ErrorActionPreference = 'Stop'
Set-StrictMode -Version 3

$source = Join-Path $PSScriptRoot module
$dist = Join-Path $PSScriptRoot dist
$name = 'EntraTokenBridge'
$version = (Import-PowerShellDataFile (Join-Path $source "$name.psd1")).ModuleVersion
$module = Join-Path $OutPath $name
$utf8 = New-Object System.Text.UTF8Encoding $false

function Invoke-NpmScript {
    param([string] $Script)
    Push-Location $PSScriptRoot
    try { & npm run $Script --silent } finally { Pop-Location }
    if ($LASTEXITCODE -ne 0) { throw "npm run $Script failed (exit code $LASTEXITCODE)." }
}

# The content of a folder of the sources as one text: one file loads faster than many.
function Join-Script {
    param([string] $Folder)
    $parts = Get-ChildItem (Join-Path $source $Folder) -Filter *.ps1 | Sort-Object Name |
        ForEach-Object { [System.IO.File]::ReadAllText($_.FullName).Trim() }
    ($parts -join "`n`n") + "`n"
}

# An import reads the commands alone. The first command reads what starts the engine (Start), and while that starts, the
# bridge to it (Private). What most sessions never need (OnDemand) is read by who needs it first. Until then, a function
# that loads the file stands in for each that is called from outside of it.
$start = "$name.Start.ps1"
$bridge = "$name.Bridge.ps1"
$onDemand = "$name.OnDemand.ps1"

# Such a file is read inside of a function, and belongs to the module. Its comments are in the sources: PowerShell takes
# its time over each.
function Join-LaterScript {
    param([string] $Folder)
    (Join-Script $Folder) -replace '(?m)^function ', 'function script:' -replace '(?m)^\s*(#.*)?\r?\n'
}

function Get-StandIn {
    param([string] $Function, [string] $File)
    "function script:$Function { . `"`$PSScriptRoot/$File`"; $Function @args }"
}

# What the commands' file already has stand-ins for: what each command calls first, and the completer.
$first = @(
    ('function script:Get-EngineHost {{ param($WithoutEngine); $script:ModuleVersion = "{0}"; $script:ModuleRoot = $PSScriptRoot; ' +
    '$script:EngineFile = "$PSScriptRoot/engine/engine.js"; . "$PSScriptRoot/{1}"; Get-EngineHost $WithoutEngine }}') -f $version, $start
    Get-StandIn Complete-TokenArgument $onDemand
)

# Stand-ins for a folder's functions that are called from outside of it.
function Join-StandIn {
    param([string] $Folder, [string] $File)
    $callers = (@('Public', 'Start', 'Private', 'OnDemand') -ne $Folder | ForEach-Object { Join-Script $_ }) -join "`n"
    $standIns = foreach ($function in [regex]::Matches((Join-Script $Folder), '(?m)^function (\S+)')) {
        $name = $function.Groups[1].Value
        if ($callers -match "(?<![\w-])$name(?![\w-])" -and -not ($first -match " script:$name ")) { Get-StandIn $name $File }
    }
    ($standIns -join "`n") + "`n"
}

# The commands, without the comments that are their help: an import would read them each time, and hardly ever for help.
# See Invoke-ModuleTask.
function Join-Command {
    $help = [regex]'(?s)<#\s*\.SYNOPSIS\b.*?#>'
    $help.Replace((Join-Script Public), "# .EXTERNALHELP $name-help.xml")
}

# The commands come where the psm1 of the sources loads its parts from their folders.
function Join-ModuleScript {
    $script = [System.IO.File]::ReadAllText((Join-Path $source "$name.psm1"))
    $marked = [regex]'(?s)# <parts>.*?# </parts>'
    if (-not $marked.IsMatch($script)) { throw "$name.psm1 does not mark where its parts come." }
    $joined = ($first -join "`n") + "`n`n" + (Join-Command)
    $marked.Replace($script, [System.Text.RegularExpressions.MatchEvaluator] { $joined }, 1)
}

# Synopsis: Removes what was built.
function Invoke-CleanTask {
    foreach ($folder in $dist, $OutPath) {
        if (Test-Path $folder) { Remove-Item $folder -Recurse -Force }
    }
}

# Synopsis: Bundles the engine into dist and puts the module folder together: out/EntraTokenBridge.
function Invoke-BuildTask {
    Invoke-NpmScript build
    Invoke-ModuleTask
}

# Synopsis: Puts the module folder together from the bundles that dist has.
function Invoke-ModuleTask {
    if (Test-Path $module) { Remove-Item $module -Recurse -Force }
    $null = New-Item $module -ItemType Directory -Force
    foreach ($file in Get-ChildItem $source -File -Include *.psd1, *.ps1xml -Recurse) { Copy-Item $file.FullName $module }
    Copy-Item (Join-Path $PSScriptRoot LICENSE) $module
    Copy-Item (Join-Path $source en-US) $module -Recurse
    & "$PSScriptRoot/scripts/help-xml.ps1" -Manifest (Join-Path $source "$name.psd1") -Path "$module/en-US/$name-help.xml"
    Copy-Item $dist (Join-Path $module engine) -Recurse
    [System.IO.File]::WriteAllText((Join-Path $module "$name.psm1"), (Join-ModuleScript), $utf8)
    $later = @{
        $start    = (Join-LaterScript Start) + (Join-StandIn Private $bridge) + (Join-StandIn OnDemand $onDemand)
        $bridge   = Join-LaterScript Private
        $onDemand = Join-LaterScript OnDemand
    }
    foreach ($file in $later.Keys) { [System.IO.File]::WriteAllText((Join-Path $module $file), $later[$file], $utf8) }
    Write-Output "Built $module"
}

# Synopsis: Runs all tests.
function Invoke-TestTask {
    Invoke-NpmScript test
}

# Synopsis: Packs the module folder: out/EntraTokenBridge.<version>.zip, to unpack into a folder of $env:PSModulePath.
function Invoke-PackageTask {
    if (-not (Test-Path $module)) { Invoke-BuildTask }
    $package = Join-Path $OutPath "$name.$version.zip"
    Compress-Archive $module $package -Force
    Write-Output "Packed $package"
}

foreach ($step in $Task) { & "Invoke-${step}Task" }
