# What the engine asks of this host and this host can't do. The caller holds the lock.
function Deny-RpcRequest {
    param($Engine, $Id)

    Write-RpcMessage $Engine ('{"jsonrpc":"2.0","id":' + $Id + ',"error":{"code":-32601,"message":"This host does not know the method."}}')
}
