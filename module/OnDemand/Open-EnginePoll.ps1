# Lets whoever waits for the engine poll its output instead of waiting for a line that is being read. Who does that waits
# for two threads of .NET's, one that learns of it and one that ends the read, and a busy computer lets each of them wait.
# The caller holds the lock.
#
# Nobody else can end it: it is for a process in which one runspace alone uses the engine. And it tells nothing of what has
# been read and is not dealt with: it is for whoever asks when no answer is waited for.
function Open-EnginePoll {
    param($Engine)

    $Engine['Pollable'] = $false
    # A pipe of Windows is nothing that can be polled, and Windows PowerShell has no such type.
    if ($OnWindows) { return }
    try {
        $Engine['Readable'] = [System.Net.Sockets.SelectMode]::SelectRead
        $pipe = $Engine['Output'].BaseStream.SafePipeHandle.DangerousGetHandle()
        $Engine['Pollable'] = [System.Net.Sockets.Socket]::new([System.Activator]::CreateInstance('System.Net.Sockets.SafeSocketHandle' -as [type], @($pipe, $false)))
    }
    catch { Write-Debug "The engine's output can't be polled: $_" }
}
