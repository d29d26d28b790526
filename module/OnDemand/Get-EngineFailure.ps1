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

function Get-EngineMissingFailure {
    Get-EngineFailure ("The token engine is missing: there is no '$EngineFile'. " +
        'Install the module EntraTokenBridge again; in a checkout, run: npm run build')
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
