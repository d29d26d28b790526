# Writes one message to the engine: JSON in ASCII. The caller holds the lock, so messages never mix and their order is the
# sending's.
function Write-RpcMessage {
    param($Engine, $Json)

    try {
        # An engine that hangs takes nothing any more when the pipe is full; only then is there anything to wait for.
        $written = $Engine['Written']
        if ($written -is [System.Threading.Tasks.Task] -and -not $written.IsCompleted -and -not $written.Wait(5000)) { $Engine['Process'].Kill() }
        # .NET Framework may write a byte order mark before anything else: it lands in front of a header that means
        # nothing, instead of spoiling the one that counts.
        $Engine['Written'] = $Engine['Input'].WriteAsync(
            "Content-Type: application/json; charset=utf-8`r`nContent-Length: $($Json.Length)`r`n`r`n$Json")
    }
    catch {
        # It is dead. The end of its output says so to everybody who waits, and by then its last words are there.
        Write-Debug "The engine takes no message: $_"
    }
}
