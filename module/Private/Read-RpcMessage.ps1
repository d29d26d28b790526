# Takes in what the engine has said, gives each message to the caller it is for, and waits for the next. The caller holds
# the lock; whoever waits calls this, so nobody has to be the reader.
#
# The engine's frames can be read as lines (docs/protocol.md): a header, an empty line, and a message as one line of ASCII.
#
# PowerShell may stop a pipeline wherever a loop comes round or a command is called. Between those, one step leads from
# one consistent state to the next: nothing is lost or delivered twice, and the next caller goes on from there.
function Read-RpcMessage {
    param($EngineHost, $Engine)

    while (-not $Engine['Failure'] -and $Engine['Line'].IsCompleted) {
        $line = if ($Engine['Line'].Exception) { $null } else { $Engine['Line'].Result }
        if ($null -eq $line) { Complete-DeadEngine $EngineHost $Engine; return }

        $message = $null
        $inbox = $null
        # The answer to `initialize` as it nearly always is: nothing in it is needed now.
        if ($line -cmatch $GreetingPattern) { $message = $Engine['Started'] = $line }
        elseif ($line -cmatch '^{') {
            $message = ConvertFrom-RpcJson $line
            if ($message) {
                $method = $message['method']
                $about = $message['id']
                if ($method) { $params = $message['params']; $about = if ($params) { $params['requestId'] } }
                if ($about) { $inbox = $Engine['Pending'][$about] }
                if (-not $inbox) { Receive-OtherMessage $EngineHost $Engine $message }
            }
        }
        if (-not $message -and $line -and $line -cnotmatch '^Content-Length: ') {
            Stop-EngineProcess $Engine 0
            Complete-DeadEngine $EngineHost $Engine 'It wrote something that is no message.'
            return
        }

        $Engine['Line'] = $Engine['Output'].ReadLineAsync()
        $Engine['Heard']++
        if ($inbox) { $inbox.Enqueue($message) }
    }
}

$script:GreetingPattern = '^{"jsonrpc":"2.0","id":0,"result":{"protocolVersion":' + $ProtocolVersion + '[,}]'
