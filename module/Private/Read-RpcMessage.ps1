# Takes in what the engine has said, gives each message to the caller it is for, and waits for the next. The caller holds
# the lock; whoever waits calls this, so nobody has to be the reader.
#
# The engine's frames can be read as lines (docs/protocol.md): a header, an empty line, and a message as one line of ASCII.
#
# PowerShell may stop a pipeline, or run an event's action that calls a command of ours, wherever a loop comes round or a
# command is called. Between those, one step leads from one consistent state to the next: nothing is lost or delivered
# twice, and whoever comes next goes on from there.
function Read-RpcMessage {
    param($EngineHost, $Engine)

    while (-not $Engine['Failure'] -and $Engine['Line'].IsCompleted) {
        $read = $Engine['Line']
        if (-not $read.IsCompleted) { return } # an event's action has read meanwhile
        $line = $null
        try { $line = $read.Result }
        catch { Write-Debug "The engine's output can't be read: $_" }
        if ($null -eq $line) { Complete-DeadEngine $EngineHost $Engine; return }
        # Two lines of three: a frame's header, and what ends it.
        if ($line -cmatch '^(?:Content-Length: |$)') { $Engine['Line'] = $Engine['Output'].ReadLineAsync(); continue }

        $message = $null
        $call = $null
        # The answer to `initialize` as it nearly always is: nothing in it is needed now.
        if ($line -cmatch $GreetingPattern) { $Engine['Started'] = $line }
        # A token as it nearly always comes: what reads any JSON takes three times as long.
        elseif ($line -cmatch $TokenPattern) {
            $call = $Engine['Pending'][$Matches['id']]
            $message = @{
                result = @{
                    token         = $Matches['token']
                    expiresOn     = $Matches['expiresOn']
                    identity      = $Matches['identity']
                    tenantId      = $Matches['tenantId']
                    scopes        = $Matches['scopes'] -csplit '","'
                    claims        = @(foreach ($claim in $Matches['claims'] -csplit $ClaimEnd) { , ($claim -csplit '","') })
                    reusableUntil = $Matches['reusableUntil']
                }
            }
        }
        else { $message, $call = Read-OtherMessage $EngineHost $Engine $line }

        # An event's action has taken this line meanwhile, or the engine was given up for it.
        if ($Engine['Line'] -ne $read -or $Engine['Failure']) { continue }
        # The last answer that anybody waits for: who asks next may poll.
        $Engine['Line'] = if ($Engine['Pollable'] -and $call -is [hashtable] -and -not $message['method'] -and $Engine['Pending'].Count -eq 1) { $null } else { $Engine['Output'].ReadLineAsync() }
        if ($call -isnot [hashtable]) { continue }
        if ($message['method']) { $call['Said'].Enqueue($message) }
        # An answer is the last that its caller hears.
        else { $call['Answer'] = $message; $Engine['Pending'].Remove($call['Id']) }
    }
}

$script:GreetingPattern = "^{`"jsonrpc`":`"2.0`",`"id`":0,`"result`":{`"protocolVersion`":$ProtocolVersion[,}]"

# The members in the engine's order, and no text with a backslash: each quotation mark is JSON's own.
$script:TokenPattern = -join @(
    '^{"jsonrpc":"2.0","id":(?<id>\d+),"result":{"token":"(?<token>[^"\\]+)","expiresOn":(?<expiresOn>\d+),',
    '"identity":(?:"(?<identity>[^"\\]*)"|null),"tenantId":(?:"(?<tenantId>[^"\\]*)"|null),"scopes":\["(?<scopes>[^\]\\]*)"\],',
    '"claims":\[\["(?<claims>[^\\]*)"\]\],"reusableUntil":(?:(?<reusableUntil>\d+)|null)}}$'
)

# Between two rows of a table. What a comma or bracket follows is the text '],[' as a value.
$script:ClaimEnd = '"\],\["(?![,\]])'
