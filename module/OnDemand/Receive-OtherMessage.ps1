# What no caller waits for. The caller holds the lock.
function Receive-OtherMessage {
    param($EngineHost, $Engine, $Message)

    $id = $Message['id']
    if ($Message['method']) {
        # A request that this host does not know. Notifications about a request that is over are nobody's.
        if ($id) { Write-RpcMessage $Engine ('{"jsonrpc":"2.0","id":' + $id + ',"error":{"code":-32601,"message":"This host does not know the method."}}') }
    }
    elseif ($id -ceq '0') { Receive-Initialize $EngineHost $Engine $Message }
}

# The answer to `initialize`. Gives up an engine that answers with an error, or speaks another version of the protocol.
function Receive-Initialize {
    param($EngineHost, $Engine, $Answer)

    $result = $Answer['result']
    if ($result -and $result['protocolVersion'] -ceq $ProtocolVersion) { $Engine['Started'] = ConvertTo-RpcJson $Answer; return }
    $Engine['Failure'] = if (-not $result) { $Answer['error'] }
    else {
        Get-EngineFailure -Code ProtocolMismatch (
            "This module speaks version $ProtocolVersion of the protocol, its engine ($($result['engine']['version'])) speaks " +
            "version $($result['protocolVersion']). Both come with the module: install EntraTokenBridge again, in one version.")
    }
    if ([System.Object]::ReferenceEquals($EngineHost['Engine'], $Engine)) { $EngineHost['Engine'] = $null }
    Stop-EngineProcess $Engine 0
}
