# Nobody waits for this request any more. An engine that is to end when nothing is pending does. The caller holds the lock.
function Close-TokenRequest {
    param($Call)

    $engine = $Call['Engine']
    if ($Call['Answer'] -isnot [hashtable] -and -not $engine['Failure']) {
        Write-RpcMessage $engine ('{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":' + $Call['Id'] + '}}')
    }
    if ($engine['Closing'] -and -not $engine['Pending'].Count) { Stop-EngineProcess $engine 0 }
}
