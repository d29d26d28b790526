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

# An import reads the commands alone. The bridge to the engine (Private) is read by the first command, and what most
# sessions never need (OnDemand) by who needs it first: until then, a function that loads the file stands in for each.
$bridge = "$name.Bridge.ps1"
$onDemand = "$name.OnDemand.ps1"

# Such a file is read inside of a function, and belongs to the module.
function Join-LaterScript {
    param([string] $Folder)
    (Join-Script $Folder) -replace '(?m)^function ', 'function script:'
}

function Get-StandIn {
    param([string] $Function, [string] $File, [string] $Before = '')
    "function script:$Function { $Before. ([System.IO.Path]::Combine(`$ModuleRoot, '$File')); $Function @args }"
}

function Join-OnDemandStandIn {
    $functions = [regex]::Matches((Join-Script OnDemand), '(?m)^function (\S+)') | ForEach-Object { $_.Groups[1].Value }
    ($functions | ForEach-Object { Get-StandIn $_ $onDemand }) -join "`n"
}

# The commands come where the psm1 of the sources loads its parts from their folders.
function Join-ModuleScript {
    $script = [System.IO.File]::ReadAllText((Join-Path $source "$name.psm1"))
    $marked = [regex]'(?s)# <parts>.*?# </parts>'
    if (-not $marked.IsMatch($script)) { throw "$name.psm1 does not mark where its parts come." }
    $standIns = @(
        Get-StandIn Get-EngineHost $bridge 'Assert-FullLanguage; '
        Get-StandIn Complete-TokenResource $onDemand
        Get-StandIn Complete-TokenScope $onDemand
        Get-StandIn Complete-PartnerScope $onDemand
        Get-StandIn Complete-CertificateThumbprint $onDemand
        Get-StandIn Invoke-PartnerCommand $bridge 'Assert-FullLanguage; '
    )
    $joined = ($standIns -join "`n") + "`n`n" + (Join-Script Public)
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
    Copy-Item $dist (Join-Path $module engine) -Recurse
    [System.IO.File]::WriteAllText((Join-Path $module "$name.psm1"), (Join-ModuleScript), $utf8)
    [System.IO.File]::WriteAllText((Join-Path $module $bridge), (Join-LaterScript Private) + "`n" + (Join-OnDemandStandIn) + "`n", $utf8)
    [System.IO.File]::WriteAllText((Join-Path $module $onDemand), (Join-LaterScript OnDemand), $utf8)
    Write-Output "Built $module"
}

# Synopsis: Runs all tests.
function Invoke-TestTask {
    Invoke-NpmScript test
}

# Synopsis: Packs the module folder: out/EntraTokenBridge.<version>.zip, to unpack into a folder of $env:PSModulePath.
function Invoke-PackageTask {
    if (-not (Test-Path $module)) { Invoke-BuildTask }
    $version = (Import-PowerShellDataFile (Join-Path $module "$name.psd1")).ModuleVersion
    $package = Join-Path $OutPath "$name.$version.zip"
    Compress-Archive $module $package -Force
    Write-Output "Packed $package"
}

foreach ($step in $Task) { & "Invoke-${step}Task" }
