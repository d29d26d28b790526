# The engine's output has ended, or it must be given up: nobody gets an answer from it any more, and the next command
# starts a new one. The caller holds the lock.
function Complete-DeadEngine {
    param($EngineHost, $Engine, $Reason)

    Stop-EngineProcess $Engine 500
    # Not read before: the engine says nothing there but why it crashes, and that fits into the pipe.
    $said = $Engine.Process.StandardError.ReadToEndAsync()
    $lastWords = if ($said.Wait(1000)) { $said.Result.Trim() } else { '' }
    if ($lastWords.Length -gt 2000) { $lastWords = '...' + $lastWords.Substring($lastWords.Length - 2000) }

    # Ctrl+C in a terminal reaches Node before it can be told to take no notice of it: as a shell has it, 128 and SIGINT's number.
    $interrupted = -not $Engine.Started -and -not $Reason -and $Engine.Process.HasExited -and $Engine.Process.ExitCode -eq 130
    $version = if (-not $Engine.Started -and -not $Reason -and -not $interrupted) { Get-NodeVersion $Engine.Node }
    if ($version -and -not (Test-NodeVersion $version)) { $failure = Get-NodeTooOldFailure $Engine.Node $version }
    elseif (-not [System.IO.File]::Exists($EngineFile)) { $failure = Get-EngineMissingFailure }
    else {
        $message = if ($interrupted) { 'The token engine was interrupted when it started.' }
        elseif (-not $Engine.Started) { "The token engine did not start on '$($Engine.Node)'." }
        elseif ($Reason) { 'The token engine was ended.' }
        else { 'The token engine died while the request was under way.' }
        if ($Reason) { $message += " $Reason" }
        if ($lastWords) { $message += " Its last words: $lastWords" }
        $message += ' Run the command again: it starts a new engine.'
        $failure = Get-EngineFailure $message
    }
    $Engine.Died = if ($interrupted) { 'at its start' } elseif ($Engine.Started -and -not $Reason) { 'at work' }
    if ([System.Object]::ReferenceEquals($EngineHost.Engine, $Engine)) { $EngineHost.Engine = $null }
    $Engine.Failure = $failure
}
