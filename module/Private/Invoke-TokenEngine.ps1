# Sends one request to the engine and waits for its answer, telling the person meanwhile what the engine has to say.
# Returns the answer: a hashtable with either `result` or `error`.
#   Cmdlet       the command on whose streams that is told
#   Request      the parameters of the method
#   Environment  as Get-SessionEnvironment tells it
#   Repeatable   no person takes part: when the engine dies, a new one may do the same again
function Invoke-TokenEngine {
    param($Cmdlet, $EngineHost, $Method, $Request, $Environment, [bool] $Repeatable)

    while ($true) {
        $call = Send-TokenRequest $EngineHost $Method $Request $Environment
        $answer = Receive-TokenAnswer $Cmdlet $EngineHost $call
        if (-not ($Repeatable -and $answer.died)) { return $answer }
        $Repeatable = $false
    }
}

# Sends the request; returns the engine it went to, its id, and where the messages about it arrive.
function Send-TokenRequest {
    param($EngineHost, $Method, $Request, $Environment)

    try {
        [System.Threading.Monitor]::Enter($EngineHost)
        $engine = Open-TokenEngine $EngineHost
        # One that has died since its last answer has said so by now, and costs the caller nothing.
        if (-not $engine.Failure -and $engine.Started) {
            Read-RpcMessage $EngineHost $engine
            if ($engine.Failure) { $engine = Open-TokenEngine $EngineHost }
        }
        if ($engine.Failure) { return @{ Engine = $engine } }

        $params = ConvertTo-RpcJson $Request
        if ($engine.Environment -cne $Environment) {
            $params = $params.Substring(0, $params.Length - 1) + ',"environment":' + (ConvertTo-RpcEnvironment $Environment) + '}'
        }
        $call = @{ Engine = $engine; Id = [long]$engine.NextId; Inbox = [System.Collections.Queue]::new() }
        $engine.NextId++
        $engine.Pending[$call.Id] = $call.Inbox
        Write-RpcMessage $engine ('{"jsonrpc":"2.0","id":' + $call.Id + ',"method":"' + $Method + '","params":' + $params + '}')
        $engine.Environment = $Environment
        $call
    }
    finally { [System.Threading.Monitor]::Exit($EngineHost) }
}

# Waits for the answer to a request. Whoever waits reads for all, see Read-RpcMessage.
function Receive-TokenAnswer {
    param($Cmdlet, $EngineHost, $Call)

    $engine = $Call.Engine
    if (-not $Call.Inbox) { return @{ error = $engine.Failure } }

    # A new engine needs a moment; what reads its answer is compiled meanwhile, which a first use would wait for.
    if ($engine.Heard -eq 0) { $null = ConvertTo-AzToken (ConvertFrom-RpcJson $SampleAnswer).result }

    $answer = $null
    $progress = $null
    $heard = -1
    $slices = 0
    try {
        while (-not $answer) {
            $message = $null
            try {
                [System.Threading.Monitor]::Enter($EngineHost)
                if ($Call.Inbox.Count -eq 0) { Read-RpcMessage $EngineHost $engine }
                if ($Call.Inbox.Count) { $message = $Call.Inbox.Dequeue() }
                elseif ($engine.Failure) { $answer = @{ error = $engine.Failure; died = $engine.Died } }
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
                else { $answer = $message }
            }
            elseif ($read -and -not $answer) {
                # Returns at once when something arrives; a slice is how long Ctrl+C may have to wait.
                $null = [System.Threading.Tasks.Task]::WaitAny([System.Threading.Tasks.Task[]]@($read), 100)
                if ($progress) { Update-EngineProgress $Cmdlet $progress }
            }
        }
        $answer
    }
    finally {
        try {
            [System.Threading.Monitor]::Enter($EngineHost)
            $engine.Pending.Remove($Call.Id)
            if (-not $answer -and -not $engine.Failure) {
                Write-RpcMessage $engine (ConvertTo-RpcJson @{ jsonrpc = '2.0'; method = '$/cancelRequest'; params = @{ id = $Call.Id } })
            }
            if ($engine.Closing -and -not $engine.Pending.Count) { Stop-EngineProcess $engine 0 }
        }
        finally { [System.Threading.Monitor]::Exit($EngineHost) }
        if ($progress) { Complete-EngineProgress $Cmdlet $progress }
    }
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
