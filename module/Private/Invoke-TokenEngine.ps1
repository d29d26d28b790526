# Sends one request to the engine and waits for its answer, telling the person meanwhile what the engine has to say.
# Returns the answer: a hashtable with either `result` or `error`.
#   Cmdlet       the command on whose streams that is told
#   Request      the parameters of the method: JSON, an object
#   Environment  the session's, as Get-AzToken tells it
#   Meanwhile    what the caller does while the engine works, which it does anyway. Gets whether this is the engine's first
#                request: it takes longest, and what is done with its answer can be compiled before it is there
#   Repeatable   no person takes part: when the engine dies, a new one may do the same again
#   Certificate  as Open-ClientCertificate gives it: whose key signs what the engine asks to be signed for this request
function Invoke-TokenEngine {
    param($Cmdlet, $EngineHost, $Method, $Request, $Environment, $Meanwhile, $Repeatable, $Certificate)

    while ($true) {
        $call = @{}
        $level = $null
        $members = ''
        # A module's function sees the session's preferences, not those of the script that calls it.
        if ($Cmdlet.GetVariableValue('DebugPreference') -cnotmatch '^SilentlyContinue$' -or $DebugPreference -cnotmatch '^SilentlyContinue$') { $level = 'debug' }
        elseif ($Cmdlet.GetVariableValue('VerbosePreference') -cnotmatch '^SilentlyContinue$' -or $VerbosePreference -cnotmatch '^SilentlyContinue$') { $level = 'verbose' }
        if ($level) { $members = ",`"logLevel`":`"$level`"" }
        try {
            try {
                [System.Threading.Monitor]::Enter($EngineHost)
                $engine = $EngineHost['Engine']
                # One that has died since its last answer has said so by now, and costs the caller nothing.
                if ($engine -is [hashtable] -and $engine['Line'] -isnot [System.Threading.Tasks.Task] -and $engine['Pollable'].Poll(0, $engine['Readable'])) { $engine['Line'] = $engine['Output'].ReadLineAsync() }
                if ($engine -is [hashtable] -and $engine['Started'] -and $engine['Line'].IsCompleted) { Read-RpcMessage $EngineHost $engine; $engine = $EngineHost['Engine'] }
                if ($engine -isnot [hashtable] -or $null -eq $engine['Greeted']) { $engine = Open-TokenEngine $EngineHost }
                if ($engine['Failure']) { $call['Answer'] = @{ error = $engine['Failure'] } }
                else {
                    if ($engine['Environment'] -cne $Environment) {
                        $members = "$members,`"environment`":$(ConvertTo-RpcEnvironment $Environment)"
                        # Who is stopped while this is sent leaves it open which one the engine has.
                        $engine['Environment'] = ''
                    }
                    $id = "$($engine['NextId'])"
                    $engine['NextId']++
                    # To begin with it takes as long as it saves in twenty requests.
                    if ($id -ceq '20' -and -not $EngineHost['Shared']) { Open-EnginePoll $engine }
                    # Engine it goes to, id there, and what comes from there: a queue of what the engine says meanwhile, when
                    # there is any, and the answer. Here before anything is sent: wherever the caller is stopped, the
                    # request is let go of.
                    $call = @{ Engine = $engine; Id = $id; Said = $null; Answer = $null; Certificate = $Certificate }
                    $engine['Pending'][$id] = $call
                    Write-RpcMessage $engine (-join ('{"jsonrpc":"2.0","id":', $id, ',"method":"', $Method, '","params":', ($Request -creplace '}$'), $members, '}}'))
                    $engine['Environment'] = $Environment
                }
            }
            finally { [System.Threading.Monitor]::Exit($EngineHost) }
            if ($call['Id'] -is [string]) {
                $null = & $Meanwhile ($call['Id'] -ceq '1')
                Receive-TokenAnswer $Cmdlet $EngineHost $call
            }
        }
        finally {
            # An answer took the request off the list. No command before it is taken off here: a stop that comes just now would
            # end this there.
            if ($call['Id'] -is [string] -and ($call['Answer'] -isnot [hashtable] -or $call['Engine']['Closing'])) {
                try {
                    [System.Threading.Monitor]::Enter($EngineHost)
                    $call['Engine']['Pending'].Remove($call['Id'])
                    Close-TokenRequest $call
                }
                finally { [System.Threading.Monitor]::Exit($EngineHost) }
            }
        }
        $answer = $call['Answer']
        # Once. An engine that has died at its start has asked nobody anything.
        if (-not ($answer['died'] -and ($Repeatable -or ($answer['died'] -ceq 'at its start' -and $null -ne $Repeatable)))) { return $answer }
        $Repeatable = $null
    }
}

# Waits for the answer to a request, which is then in the call. Whoever waits reads for all, see Read-RpcMessage.
function Receive-TokenAnswer {
    param($Cmdlet, $EngineHost, $Call)

    $engine = $Call['Engine']
    $progress = $null
    $slices = 0
    $hasArrived = $false
    try {
        while ($true) {
            $message = $null
            try {
                [System.Threading.Monitor]::Enter($EngineHost)
                if ($engine['Line'] -isnot [System.Threading.Tasks.Task] -and ($hasArrived -or $EngineHost['Shared'])) { $engine['Line'] = $engine['Output'].ReadLineAsync() }
                $hasArrived = $false
                if ($Call['Answer'] -isnot [hashtable] -and $engine['Line'].IsCompleted) { Read-RpcMessage $EngineHost $engine }
                if ($null -ne $Call['Said'] -and $Call['Said'].Count) { $message = $Call['Said'].Dequeue() }
                elseif ($Call['Answer'] -is [hashtable]) { return }
                elseif ($engine['Failure']) { $Call['Answer'] = @{ error = $engine['Failure']; died = $engine['Died'] }; return }
                elseif ($slices -ge $HeartbeatSlices) { Test-TokenEngine $EngineHost $engine $slices }
                $line = $engine['Line']
            }
            finally { [System.Threading.Monitor]::Exit($EngineHost) }

            if ($message -is [hashtable]) { $progress = Write-EngineMessage $Cmdlet $message $progress $Call }
            else {
                # Returns at once when something arrives; a slice is how long Ctrl+C may have to wait.
                if ($line -is [System.Threading.Tasks.Task]) {
                    try { $hasArrived = $line.Wait(100) }
                    catch { $hasArrived = $true } # what Read-RpcMessage tells of
                }
                else { $hasArrived = $engine['Pollable'].Poll(100000, $engine['Readable']) }
                # A hung engine is found by how often nothing came: a clock jumps when a computer sleeps.
                if ($hasArrived) { $slices = 0 } else { $slices++ }
                if ($progress) { Update-EngineProgress $Cmdlet $progress }
            }
        }
    }
    finally { if ($progress) { Complete-EngineProgress $Cmdlet $progress } }
}

$script:HeartbeatSlices = 50 # of 100 milliseconds

# Of the shape and the types that a result has, with no token in it: what is done with an answer can be compiled with it.
$script:SampleResult = @{
    token     = ''
    expiresOn = '0'
    identity  = ''
    tenantId  = ''
    scopes    = [string[]]'.default'
    claims    = , [string[]]('aud', '')
}
