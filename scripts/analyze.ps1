# Runs PSScriptAnalyzer over all PowerShell of the project. Exit code 3: there is no PSScriptAnalyzer here.
$ErrorActionPreference = 'Stop'
if (-not (Get-Module PSScriptAnalyzer -ListAvailable)) { exit 3 }
$root = Split-Path $PSScriptRoot
$settings = Join-Path $root PSScriptAnalyzerSettings.psd1
$findings = @(foreach ($part in 'module', 'scripts', 'build.ps1') {
        Invoke-ScriptAnalyzer (Join-Path $root $part) -Recurse -Settings $settings
    })
foreach ($finding in $findings) {
    '{0}:{1}: {2} [{3}]' -f $finding.ScriptPath, $finding.Line, $finding.Message, $finding.RuleName
}
exit [int]($findings.Count -gt 0)
