# Writes one message to the engine. The caller holds the lock, so messages never mix and their order is the sending's.
function Write-RpcMessage {
    param($Engine, $Json)

    $content = [System.Text.Encoding]::UTF8.GetBytes($Json)
    # .NET Framework may have written a byte order mark to the pipe before anybody could: it lands in front of a header
    # that means nothing, instead of spoiling the one that counts.
    $head = [System.Text.Encoding]::ASCII.GetBytes(
        "Content-Type: application/json; charset=utf-8`r`nContent-Length: $($content.Length)`r`n`r`n")
    $frame = [byte[]]::new($head.Length + $content.Length)
    $head.CopyTo($frame, 0)
    $content.CopyTo($frame, $head.Length)
    try {
        # An engine that hangs takes nothing any more when the pipe is full.
        $taken = $Engine.Input.WriteAsync($frame, 0, $frame.Length).Wait(5000) -and $Engine.Input.FlushAsync().Wait(5000)
        if (-not $taken) { Stop-HungEngine $Engine }
    }
    catch {
        # It is dead. The end of its output says so to everybody who waits, and by then its last words are there.
        Write-Debug "The engine takes no message: $_"
    }
}
