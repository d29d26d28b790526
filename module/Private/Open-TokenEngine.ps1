# Starts this process's engine unless one runs already, and sends `initialize` without waiting for its answer: Node
# starts while the request is put together. Returns the engine, or one that holds nothing but its Failure.
function Open-TokenEngine {
    param($EngineHost)

    try {
        [System.Threading.Monitor]::Enter($EngineHost)
        if ($EngineHost.Engine) {
            # Whoever started it was stopped before it was greeted.
            if (-not $EngineHost.Engine.Greeted) { Initialize-TokenEngine $EngineHost.Engine }
            return $EngineHost.Engine
        }

        $node = Find-Node
        if (-not $node) { return @{ Failure = Get-NodeMissingFailure } }
        $file = [System.IO.Path]::Combine($ModuleRoot, 'engine', 'engine.js')
        if (-not [System.IO.File]::Exists($file)) {
            $file = [System.IO.Path]::Combine([System.IO.Path]::GetDirectoryName($ModuleRoot), 'dist', 'engine.js')
        }
        if (-not [System.IO.File]::Exists($file)) {
            $message = "The token engine is missing: there is no '$file'. " +
            'Install the module EntraTokenBridge again; in a checkout, run: npm run build'
            return @{ Failure = Get-EngineFailure $message }
        }

        $start = [System.Diagnostics.ProcessStartInfo]::new($node, '"' + $file + '"')
        $start.UseShellExecute = $false
        $start.CreateNoWindow = $true
        $start.RedirectStandardInput = $true
        $start.RedirectStandardOutput = $true
        $start.RedirectStandardError = $true
        # Everybody can read what a process was started with; and a NODE_OPTIONS could bring foreign code into it.
        $start.Environment.Clear()
        foreach ($name in $EngineEnvironmentNames) {
            $value = [Environment]::GetEnvironmentVariable($name)
            if ($value) { $start.Environment[$name] = $value }
        }
        try { $process = [System.Diagnostics.Process]::Start($start) }
        catch {
            $message = "Node.js at '$node' can't be started: $($_.Exception.GetBaseException().Message)"
            return @{ Failure = Get-EngineFailure $message }
        }
        $output = $process.StandardOutput.BaseStream
        $bytes = [byte[]]::new(65536)
        $EngineHost.Engine = @{
            Node        = $node
            Process     = $process
            Input       = $process.StandardInput.BaseStream
            Output      = $output
            LastWords   = $process.StandardError.ReadToEndAsync()
            Bytes       = $bytes    # what has arrived and isn't read yet: from Start up to End
            Start       = 0
            End         = 0
            Read        = $output.ReadAsync($bytes, 0, $bytes.Length) # always one under way; outlives whoever began it
            Heard       = 0         # how often something has arrived
            Pending     = @{}       # id of a request -> the messages about it that its caller has not taken yet
            NextId      = 1
            Greeted     = $false    # `initialize` has been sent
            Environment = $null     # what was sent last, as Get-SessionEnvironment tells it
            Started     = $null     # the answer to `initialize`
            Failure     = $null     # an error object: this engine answers no more
            Closing     = $false    # ends when nothing is pending
        }
        Initialize-TokenEngine $EngineHost.Engine
        $EngineHost.Engine
    }
    finally { [System.Threading.Monitor]::Exit($EngineHost) }
}

# The first message: short, so that the engine can load what a token takes while the first request is put together.
function Initialize-TokenEngine {
    param($Engine)

    $edition = if ($PSVersionTable.PSEdition -eq 'Desktop') { 'WindowsPowerShell' } else { 'PowerShell' }
    Write-RpcMessage $Engine ('{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":' + $ProtocolVersion +
        ',"host":{"name":"' + $edition + '","version":"' + $PSVersionTable.PSVersion + '"},"capabilities":{}}}')
    $Engine.Greeted = $true
}

# src/protocol/version.ts
$script:ProtocolVersion = 1
