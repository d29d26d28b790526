# Writes one message to the engine. The caller holds the lock, so messages never mix and their order is the sending's.
function Write-RpcMessage {
    param($Engine, $Json)

    $content = [System.Text.Encoding]::UTF8.GetBytes($Json)
    # .NET Framework may have written a byte order mark to the pipe before anybody could: it lands in front of a header
    # that means nothing, instead of spoiling the one that counts.
    $frame = [System.Text.Encoding]::UTF8.GetBytes(
        "Content-Type: application/json; charset=utf-8`r`nContent-Length: $($content.Length)`r`n`r`n$Json")
    try {
        # An engine that hangs takes nothing any more when the pipe is full.
        $taken = $Engine.Input.WriteAsync($frame, 0, $frame.Length).Wait(5000)
        # Only .NET Framework's pipes keep something back.
        if ($PSVersionTable.PSEdition -eq 'Desktop') { $taken = $taken -and $Engine.Input.FlushAsync().Wait(5000) }
        if (-not $taken) { $Engine.Process.Kill() }
    }
    catch {
        # It is dead. The end of its output says so to everybody who waits, and by then its last words are there.
        Write-Debug "The engine takes no message: $_"
    }
}
