# Gives up an engine that answers `initialize` with an error, or speaks another version of the protocol. The caller holds
# the lock.
function Deny-TokenEngine {
    param($EngineHost, $Engine, $Answer)

    $result = $Answer['result']
    $Engine['Failure'] = if (-not $result) { $Answer['error'] }
    else {
        Get-EngineFailure -Code ProtocolMismatch (
            "This module speaks version $ProtocolVersion of the protocol, its engine ($($result['engine']['version'])) speaks " +
            "version $($result['protocolVersion']). Both come with the module: install EntraTokenBridge again, in one version.")
    }
    if ([System.Object]::ReferenceEquals($EngineHost['Engine'], $Engine)) { $EngineHost['Engine'] = $null }
    Stop-EngineProcess $Engine 0
}
