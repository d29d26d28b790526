# Runs the module's tests and writes their counts as JSON. Exit code 3: there is no Pester here.
param(
    [Parameter(Mandatory)][string] $Path,
    [Parameter(Mandatory)][string] $Result
)
$ErrorActionPreference = 'Stop'
$pester = Get-Module Pester -ListAvailable | Where-Object { $_.Version.Major -ge 5 } | Sort-Object Version | Select-Object -Last 1
if (-not $pester) { exit 3 }
Import-Module $pester.Path

$configuration = New-PesterConfiguration
$configuration.Run.Path = $Path
$configuration.Run.PassThru = $true
$configuration.Output.Verbosity = 'Detailed'
$run = Invoke-Pester -Configuration $configuration

$counts = @{
    passed   = $run.PassedCount
    # A block or file that breaks outside its tests is no failed test, and yet a failure.
    failed   = $run.FailedCount + $run.FailedBlocksCount + $run.FailedContainersCount
    skipped  = $run.SkippedCount + $run.InconclusiveCount
    failures = @(
        foreach ($broken in @($run.Failed) + @($run.FailedBlocks) + @($run.FailedContainers)) {
            $name = if ($broken.ExpandedPath) { $broken.ExpandedPath } else { "$($broken.Item)" }
            $reasons = foreach ($reason in $broken.ErrorRecord) {
                "$reason"
                $reason.ScriptStackTrace -split '\r?\n' -notmatch 'Pester'
            }
            @($name) + $reasons -join "`n    "
        }
    )
}
[System.IO.File]::WriteAllText($Result, (ConvertTo-Json $counts))
