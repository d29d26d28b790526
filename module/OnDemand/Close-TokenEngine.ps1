# Ends the engine when nothing is pending any more; the next command starts a new one. An engine ends by itself when its
# standard input does, as it does when this process ends.
function Close-TokenEngine {
    param($EngineHost)

    try {
        [System.Threading.Monitor]::Enter($EngineHost)
        $engine = $EngineHost.Engine
        $EngineHost.Engine = $null
        $EngineHost.SignedInBy = $null
        $EngineHost.AgentContext = $null
        $EngineHost.Reusable.Clear()
        $EngineHost.Environment = $null
        $EngineHost.Generation++
        if (-not $engine) { return }
        $engine.Closing = $true
        if ($engine.Pending.Count) { return }
    }
    finally { [System.Threading.Monitor]::Exit($EngineHost) }
    Stop-EngineProcess $engine 2000
}

# Closes the engine's standard input, and ends a process that doesn't take the hint in time.
function Stop-EngineProcess {
    param($Engine, $Milliseconds)

    try {
        # The pipe itself: the writer would try again what a dead engine did not take, and PowerShell keeps an error that is
        # caught in $Error and in the caller's -ErrorVariable all the same.
        $Engine.Input.BaseStream.Dispose()
        if (-not $Engine.Process.WaitForExit($Milliseconds)) { $Engine.Process.Kill() }
    }
    catch { Write-Debug "The engine was gone already: $_" }
}
