# Takes in what the engine has said, gives each message to the caller it is for, and starts the next read. The caller
# holds the lock; whoever waits calls this, so nobody has to be the reader.
#
# PowerShell may stop a pipeline wherever a loop comes round or a command is called. Between those, one step leads from
# one consistent state to the next: nothing is lost or delivered twice, and the next caller goes on from there.
function Read-RpcMessage {
    param($EngineHost, $Engine)

    if ($Engine.Failure) { return }
    if ($Engine.Read) {
        if (-not $Engine.Read.IsCompleted) { return }
        $count = if ($Engine.Read.Status -eq 'RanToCompletion') { $Engine.Read.Result } else { 0 }
        if ($count -eq 0) { Complete-DeadEngine $EngineHost $Engine; return }
        $Engine.End += $count
        $Engine.Heard++
        $Engine.Read = $null
    }

    while ($Engine.End -gt $Engine.Start) {
        # The engine writes no other header; where its end is missing from so many bytes, this is none.
        $head = [System.Text.Encoding]::ASCII.GetString($Engine.Bytes, $Engine.Start, [Math]::Min(64, $Engine.End - $Engine.Start))
        $headEnd = $head.IndexOf("`r`n`r`n", [System.StringComparison]::Ordinal)
        if ($headEnd -lt 0 -and $head.Length -lt 64) { break }
        $length = if ($headEnd -gt 16) { $head.Substring(16, $headEnd - 16) -as [int] }
        if (-not $length -or -not $head.StartsWith('Content-Length: ', [System.StringComparison]::Ordinal)) {
            Stop-EngineProcess $Engine 0
            Complete-DeadEngine $EngineHost $Engine 'It wrote something that is no message.'
            return
        }
        $missing = $headEnd + 4 + $length - ($Engine.End - $Engine.Start)
        if ($missing -gt 0) { break }
        $text = [System.Text.Encoding]::UTF8.GetString($Engine.Bytes, $Engine.Start + $headEnd + 4, $length)
        $message = ConvertFrom-RpcJson $text
        $isCall = $message.ContainsKey('method')
        $about = if ($isCall) { $message.params.requestId } else { $message.id }
        # Not `$inbox = if ...`: that would enumerate the queue.
        $inbox = $null
        if ($null -ne $about) { $inbox = $Engine.Pending[[long]$about] }
        if (-not $inbox) {
            if ($isCall) { if ($message.ContainsKey('id')) { Write-RpcMessage $Engine (Get-RpcRefusal $message.id) } }
            elseif ($about -eq 0) {
                Receive-Initialize $EngineHost $Engine $message
                if ($Engine.Failure) { return }
            }
        }

        $Engine.Start += $headEnd + 4 + $length
        if ($inbox) { $inbox.Enqueue($message) }
    }

    # Room for the rest of a message that is only partly here.
    $used = $Engine.End - $Engine.Start
    $needed = $used + [Math]::Max($missing, 4096)
    $bytes = $Engine.Bytes
    if ($bytes.Length -lt $needed) { $bytes = [byte[]]::new($needed + 65536) }
    if ($Engine.Start -gt 0 -or -not [object]::ReferenceEquals($bytes, $Engine.Bytes)) {
        [System.Buffer]::BlockCopy($Engine.Bytes, $Engine.Start, $bytes, 0, $used)
        $Engine.Bytes = $bytes
        $Engine.Start = 0
        $Engine.End = $used
    }
    $Engine.Read = $Engine.Output.ReadAsync($bytes, $used, $bytes.Length - $used)
}

# The engine's answer to `initialize`.
function Receive-Initialize {
    param($EngineHost, $Engine, $Answer)

    $failure = $Answer.error
    if (-not $failure) {
        $result = $Answer.result
        if ($result.protocolVersion -ne $ProtocolVersion) {
            $failure = Get-EngineFailure -Code ProtocolMismatch (
                "This module speaks version $ProtocolVersion of the protocol, its engine ($($result.engine.version)) " +
                "speaks version $($result.protocolVersion). Both come with the module: install EntraTokenBridge again, in one version.")
        }
        elseif (-not (Test-NodeVersion $result.node.version)) {
            $failure = Get-NodeTooOldFailure $Engine.Node $result.node.version
        }
        else { $Engine.Started = $result; return }
    }
    $Engine.Failure = $failure
    if ([object]::ReferenceEquals($EngineHost.Engine, $Engine)) { $EngineHost.Engine = $null }
    Stop-EngineProcess $Engine 0
}

# What the engine asks of this host and this host can't do.
function Get-RpcRefusal {
    param($Id)

    ConvertTo-RpcJson @{ jsonrpc = '2.0'; id = $Id; error = @{ code = -32601; message = 'This host does not know the method.' } }
}
