# Sends one request to the engine and waits for its answer, telling the person meanwhile what the engine has to say.
# Returns the answer: a hashtable with either `result` or `error`.
#   Cmdlet       the command on whose streams that is told
#   Request      the parameters of the method
#   Environment  as Get-SessionEnvironment tells it
#   Repeatable   no person takes part: when the engine dies, a new one may do the same again
function Invoke-TokenEngine {
    param($Cmdlet, $EngineHost, $Method, $Request, $Environment, [bool] $Repeatable)

    while ($true) {
        # Engine it went to, id there, and where the messages about it arrive. Here before anything is sent: wherever
        # the caller is stopped, the request is let go of.
        $call = @{ Engine = $null; Id = $null; Inbox = [System.Collections.Queue]::new(); Answer = $null }
        try {
            Send-TokenRequest $EngineHost $call $Method $Request $Environment
            Receive-TokenAnswer $Cmdlet $EngineHost $call
        }
        finally {
            # No command before it is taken off the list: a stop that comes just now would end this there.
            if ($null -ne $call.Id) {
                try {
                    [System.Threading.Monitor]::Enter($EngineHost)
                    $call.Engine.Pending.Remove($call.Id)
                    if (-not $call.Answer) { Close-TokenRequest $call }
                    if ($call.Engine.Closing -and -not $call.Engine.Pending.Count) { Stop-EngineProcess $call.Engine 0 }
                }
                finally { [System.Threading.Monitor]::Exit($EngineHost) }
            }
        }
        if (-not $EngineHost.ToldOfLimits) { Write-EngineLimit $Cmdlet $EngineHost $call.Engine }
        if (-not ($Repeatable -and $call.Answer.died)) { return $call.Answer }
        $Repeatable = $false
    }
}

# Sends the request, unless there is no engine to be had: then that is the answer.
function Send-TokenRequest {
    param($EngineHost, $Call, $Method, $Request, $Environment)

    try {
        [System.Threading.Monitor]::Enter($EngineHost)
        $engine = Open-TokenEngine $EngineHost
        # One that has died since its last answer has said so by now, and costs the caller nothing.
        if (-not $engine.Failure -and $engine.Started) {
            Read-RpcMessage $EngineHost $engine
            if ($engine.Failure) { $engine = Open-TokenEngine $EngineHost }
        }
        if ($engine.Failure) { $Call.Answer = @{ error = $engine.Failure }; return }

        $params = ConvertTo-RpcJson $Request
        if ($engine.Environment -cne $Environment) {
            $params = $params.Substring(0, $params.Length - 1) + ',"environment":' + (ConvertTo-RpcEnvironment $Environment) + '}'
        }
        $Call.Engine = $engine
        $Call.Id = [long]$engine.NextId++
        $engine.Pending[$Call.Id] = $Call.Inbox
        Write-RpcMessage $engine ('{"jsonrpc":"2.0","id":' + $Call.Id + ',"method":"' + $Method + '","params":' + $params + '}')
        $engine.Environment = $Environment
    }
    finally { [System.Threading.Monitor]::Exit($EngineHost) }
}

# Waits for the answer to a request, and keeps it in the call. Whoever waits reads for all, see Read-RpcMessage.
function Receive-TokenAnswer {
    param($Cmdlet, $EngineHost, $Call)

    $engine = $Call.Engine
    # A new engine needs a moment; what reads its answer is compiled meanwhile, which a first use would wait for.
    if ($engine.Heard -eq 0) { $null = ConvertTo-AzToken (ConvertFrom-RpcJson $SampleAnswer).result }

    $progress = $null
    $heard = -1
    $slices = 0
    try {
        while (-not $Call.Answer) {
            $message = $null
            try {
                [System.Threading.Monitor]::Enter($EngineHost)
                if ($Call.Inbox.Count -eq 0) { Read-RpcMessage $EngineHost $engine }
                if ($Call.Inbox.Count) { $message = $Call.Inbox.Dequeue() }
                elseif ($engine.Failure) { $Call.Answer = @{ error = $engine.Failure; died = $engine.Died } }
                else {
                    # A hung engine is found by how often nothing came: a clock jumps when a computer sleeps.
                    if ($engine.Heard -ne $heard) { $heard = $engine.Heard; $slices = 0 }
                    elseif ($slices -ge $HeartbeatSlices) { $slices = Test-TokenEngine $EngineHost $engine $slices }
                    $slices++
                }
                $read = $engine.Read
            }
            finally { [System.Threading.Monitor]::Exit($EngineHost) }

            if ($message) {
                if ($message.ContainsKey('method')) { $progress = Write-EngineMessage $Cmdlet $message $progress }
                else { $Call.Answer = $message }
            }
            elseif ($read -and -not $Call.Answer) {
                # Returns at once when something arrives; a slice is how long Ctrl+C may have to wait.
                $null = [System.Threading.Tasks.Task]::WaitAny([System.Threading.Tasks.Task[]]@($read), 100)
                if ($progress) { Update-EngineProgress $Cmdlet $progress }
            }
        }
    }
    finally { if ($progress) { Complete-EngineProgress $Cmdlet $progress } }
}

# Nobody waits for the answer any more. The caller holds the lock.
function Close-TokenRequest {
    param($Call)

    if ($Call.Engine.Failure) { return }
    Write-RpcMessage $Call.Engine (ConvertTo-RpcJson @{ jsonrpc = '2.0'; method = '$/cancelRequest'; params = @{ id = $Call.Id } })
}

# Nothing was heard for some time: asks for a sign of life at first, and gives the engine up when there is none.
# Returns how many slices have passed. The caller holds the lock.
function Test-TokenEngine {
    param($EngineHost, $Engine, $Slices)

    if ($Slices -eq $HeartbeatSlices) {
        Write-RpcMessage $Engine (ConvertTo-RpcJson @{ jsonrpc = '2.0'; id = -1; method = 'session/ping' })
    }
    # A start may take long on a busy computer, where a virus scanner reads Node first.
    $limit = if ($Engine.Started) { 2 * $HeartbeatSlices } else { 6 * $HeartbeatSlices }
    if ($Slices -ge $limit) { Complete-DeadEngine $EngineHost $Engine 'It hung: it gave no sign of life for 10 seconds.' }
    $Slices
}

$script:HeartbeatSlices = 50 # of 100 milliseconds

# Of the shape that an answer has, with no token in it.
$script:SampleAnswer = '{"id":1,"result":{"token":"","expiresOn":0,"identity":null,"scopes":[".default"],"claims":[["aud","\u0027"]],"reusableUntil":0}}'
