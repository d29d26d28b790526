# What Get-AzToken does when there is no token to be handed out again.
#   Given        the parameters that were given; the engine has the defaults
#   Key          what the result is kept under
#   Environment  as Get-SessionEnvironment tells it
function Request-AzToken {
    param($Cmdlet, $EngineHost, $Given, $Key, $Environment)

    $set = $Cmdlet.ParameterSetName
    $force = $Given['Force']
    $attended = $set -ceq 'Interactive'
    try {
        $members = @(
            foreach ($name in 'resource', 'scope', 'tenantId', 'claim', 'clientId', 'credentialPrecedence', 'timeoutSeconds') {
                $value = $Given[$name]
                if ($null -ne $value) { '"' + $name + '":' + (ConvertTo-RpcJson $value) }
            }
        )
        if ($force) { $members += '"force":true' }
        $request = '{"parameterSet":"' + $set + '","parameters":{' + ($members -join ',') + '}'
        if ($attended) { $request += ',"noBrowser":' + (ConvertTo-RpcJson (Get-NoBrowserReason)) }
        $request += '}'

        $generation = $EngineHost['Generation']
        $answer = Invoke-TokenEngine $Cmdlet $EngineHost 'azToken/get' $request $Environment 'ConvertTo-AzToken' (-not $attended)
        $result = $answer['result']
        if ($EngineHost['SignedInBy']) { Test-TokenMemory $Cmdlet $EngineHost $set $force }
        if ($result) {
            $token = ConvertTo-AzToken $result
            if ($attended) {
                Clear-ReusableToken $EngineHost
                $EngineHost['SignedInBy'] = $EngineHost['Engine']
                $generation = $EngineHost['Generation']
            }
            if ($result['reusableUntil'] -and -not $Given['Claim']) { Add-ReusableToken $EngineHost $Key $result $generation }
        }
    }
    catch {
        $answer = @{ error = Get-EngineFailure "The module failed: $_ $($_.ScriptStackTrace)" }
    }
    if ($answer['error']) {
        $target = if ($Given['Resource']) { $Given['Resource'] } else { 'https://graph.microsoft.com' }
        Write-TokenError $Cmdlet $answer['error'] ($set + 'TokenError') $target
    }
    elseif ($Given['AsSecureString']) { Protect-AzToken $token }
    else { $token }
}
