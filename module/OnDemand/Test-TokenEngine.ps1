# Nothing was heard for some time: asks for a sign of life at first, and gives the engine up when there is none. The
# caller holds the lock.
function Test-TokenEngine {
    param($EngineHost, $Engine, $Slices)

    if ($Slices -eq $HeartbeatSlices) { Write-RpcMessage $Engine '{"jsonrpc":"2.0","id":-1,"method":"session/ping"}' }
    # A start may take long on a busy computer, where a virus scanner reads Node first.
    $limit = if ($Engine['Started']) { 2 * $HeartbeatSlices } else { 6 * $HeartbeatSlices }
    if ($Slices -ge $limit) { Complete-DeadEngine $EngineHost $Engine "It hung: it gave no sign of life for $($limit / 10) seconds." }
}
