# The version that a Node names itself, which only matters once an engine did not start on it; $null when it names none.
function Get-NodeVersion {
    param($Node)

    $start = [System.Diagnostics.ProcessStartInfo]::new($Node, '--version')
    $start.UseShellExecute = $false
    $start.CreateNoWindow = $true
    $start.RedirectStandardInput = $true
    $start.RedirectStandardOutput = $true
    $start.RedirectStandardError = $true
    $null = $start.Environment.Remove('NODE_OPTIONS')
    try {
        $process = [System.Diagnostics.Process]::Start($start)
        $process.StandardInput.Dispose()
        $said = $process.StandardOutput.ReadToEndAsync()
        if (-not $process.WaitForExit(3000)) { $process.Kill() }
        if ($said.Wait(1000) -and $said.Result -match '\Av?([0-9]+\.[0-9]+\.[0-9]+)\s*\z') { $Matches[1] }
    }
    catch { Write-Debug "'$Node' tells no version: $_" }
}

# Whether the engine runs on this version of Node: 22.21 is the first that can use the session's proxy, 24.5 in its line.
function Test-NodeVersion {
    param($Version)

    $parts = $Version.TrimStart('v').Split('.')
    $major = [int]$parts[0]
    $minor = [int]$parts[1]
    $major -gt 24 -or ($major -eq 24 -and $minor -ge 5) -or ($major -eq 22 -and $minor -ge 21)
}
