# Reads a line that has neither of the two answers that nearly always come: any other message, as JSON.stringify writes it.
# Returns the message and the call that waits for it, if one does. The caller holds the lock.
function Read-OtherMessage {
    param($EngineHost, $Engine, $Line)

    $message = if ($Line -cmatch '^{') { ConvertFrom-RpcJson $Line }
    if (-not $message) {
        Stop-EngineProcess $Engine 0
        Complete-DeadEngine $EngineHost $Engine 'It wrote something that is no message.'
        return
    }
    $about = if (-not $message['method']) { $message['id'] } elseif ($message['params']) { $message['params']['requestId'] }
    $call = if ($about) { $Engine['Pending'][$about] }
    if ($call -isnot [hashtable]) { Receive-OtherMessage $EngineHost $Engine $message }
    elseif ($message['method'] -and $call['Said'] -isnot [System.Collections.Queue]) { $call['Said'] = [System.Collections.Queue]::new() }
    $message, $call
}

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
