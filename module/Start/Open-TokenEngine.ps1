# Starts this process's engine unless one runs already, and sends `initialize` without waiting for its answer: Node
# starts while the request is put together. Returns the engine, or one that holds nothing but its Failure.
function Open-TokenEngine {
    param($EngineHost)

    try {
        [System.Threading.Monitor]::Enter($EngineHost)
        $engine = $EngineHost['Engine']
        if ($engine -isnot [hashtable]) {
            $node = Find-Node
            if ($node -isnot [string]) { return @{ Failure = Get-NodeMissingFailure } }
            $start = [System.Diagnostics.ProcessStartInfo]@{
                FileName               = $node
                Arguments              = "`"$EngineFile`""
                UseShellExecute        = $false
                CreateNoWindow         = $true
                RedirectStandardInput  = $true
                RedirectStandardOutput = $true
                RedirectStandardError  = $true
            }
            # Everybody can read what a process was started with; and a NODE_OPTIONS could bring foreign code into it.
            $environment = $start.Environment
            $environment.Clear()
            foreach ($name in $EngineEnvironmentNames) {
                $value = [System.Environment]::GetEnvironmentVariable($name)
                if ($value -cmatch '.') { $environment.Add($name, $value) }
            }
            try { $process = [System.Diagnostics.Process]::Start($start) }
            catch { return @{ Failure = Get-EngineFailure "Node.js at '$node' can't be started: $($_.Exception.GetBaseException().Message)" } }
            $output = $process.StandardOutput
            # Also, once there is something to keep (what is not there costs nothing):
            #   Pollable     what Open-EnginePoll has made
            #   Written      the last write, under way or done
            #   Greeted      `initialize`, once it has been sent
            #   Started      the answer to `initialize`, JSON
            #   Failure      an error object: this engine answers no more
            #   Died         ... because its process ended by itself, and when: 'at its start', 'at work'
            #   Closing      ends when nothing is pending
            $engine = @{
                Node        = $node
                Process     = $process
                Input       = $process.StandardInput
                Output      = $output
                Line        = $output.ReadLineAsync() # the next line, under way; outlives whoever asked for it. $null: see Open-EnginePoll
                Pending     = @{} # id of a request -> the call that waits for its answer, see Invoke-TokenEngine
                NextId      = 1
                Environment = '' # what was sent last, as Get-SessionEnvironment tells it; none yet, or perhaps another
            }
            $EngineHost['Engine'] = $engine
        }
        # The first message: short, so that the engine can load what a token takes while the first request is put
        # together. Whoever started the engine may have been stopped before it was greeted.
        if ($null -eq $engine['Greeted']) {
            $greeting = -join (
                '{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":', $ProtocolVersion,
                ',"host":{"name":"PowerShell","version":"', $PSVersionTable['PSVersion'], '"},"capabilities":{"sign":true}}}')
            Write-RpcMessage $engine $greeting
            $engine['Greeted'] = $greeting
        }
        $engine
    }
    finally { [System.Threading.Monitor]::Exit($EngineHost) }
}

# src/protocol/version.ts
$script:ProtocolVersion = '1'
