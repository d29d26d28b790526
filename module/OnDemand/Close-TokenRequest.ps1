# Nobody waits for the answer any more. The caller holds the lock.
function Close-TokenRequest {
    param($Call)

    if ($Call['Engine']['Failure']) { return }
    Write-RpcMessage $Call['Engine'] ('{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":' + $Call['Id'] + '}}')
}
