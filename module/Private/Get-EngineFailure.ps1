# What goes wrong before an engine can say it itself: an error object of the same shape as the engine's own.
function Get-EngineFailure {
    param($Message, $Code = 'EngineError')

    @{ message = $Message; data = @{ code = $Code; retryable = $false } }
}

function Get-NodeMissingFailure {
    if ($env:ENTRATOKENBRIDGE_NODE) {
        return Get-EngineFailure ("There is no file '$env:ENTRATOKENBRIDGE_NODE', where ENTRATOKENBRIDGE_NODE says that " +
            "Node.js is. Let it name the node program itself, or remove it: Remove-Item Env:ENTRATOKENBRIDGE_NODE")
    }
    Get-EngineFailure ("EntraTokenBridge runs its token engine on Node.js, which is not here: there is no node on PATH. " +
        "Install it: $(Get-NodeInstallation)")
}

function Get-NodeTooOldFailure {
    param($Node, $Version)

    Get-EngineFailure ("Node.js $($Version.TrimStart('v')) ('$Node') is too old: EntraTokenBridge needs 22.21 or a later 22, " +
        "or 24.5 or later. Install it: $(Get-NodeInstallation)")
}

function Get-NodeInstallation {
    $system = if ([System.IO.Path]::DirectorySeparatorChar -eq '\') { 'winget install OpenJS.NodeJS.LTS' }
    elseif ([System.IO.Directory]::Exists('/System/Library')) { 'brew install node' }
    else { 'with the package manager (such as: sudo apt install nodejs), or from https://nodejs.org/en/download where its version is too old' }
    "$system. Then start a new session, or let ENTRATOKENBRIDGE_NODE name the node program."
}

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
