# What Get-AzToken does when there is no token to be handed out again.
#   Set          the parameter set's name
#   Given        the parameters that were given; the engine has the defaults
#   Key          what the result is kept under
#   Environment  as Get-SessionEnvironment tells it
function Request-AzToken {
    param($Cmdlet, $EngineHost, $Set, $Given, $Key, $Environment)

    $force = $Given['Force']
    $attended = $Set -ceq 'Interactive'
    try {
        $members = @(
            foreach ($name in 'resource', 'scope', 'tenantId', 'claim', 'clientId', 'credentialPrecedence', 'timeoutSeconds') {
                $value = $Given[$name]
                if ($null -ne $value) { '"' + $name + '":' + (ConvertTo-RpcJson $value) }
            }
        )
        if ($force) { $members += '"force":true' }
        $request = -join ('{"parameterSet":"', $Set, '","parameters":{', ($members -join ','), '}')
        if ($attended) { $request += ',"noBrowser":' + (ConvertTo-RpcJson (Get-NoBrowserReason)) }
        $request = "$request}"

        try {
            [System.Threading.Monitor]::Enter($EngineHost)
            # Clear-ReusableToken, without its call.
            if ($force) { $EngineHost['Reusable'].Clear(); $EngineHost['Environment'] = $null; $EngineHost['Generation']++ }
            # As text, like the number of those that are kept: to compare numbers PowerShell would compile one rule more.
            $generation = "$($EngineHost['Generation'])"
        }
        finally { [System.Threading.Monitor]::Exit($EngineHost) }
        $meanwhile = {
            param($IsFirst)
            if ($IsFirst) { ConvertTo-AzToken $SampleResult }
            else {
                if ($AzTokenTemplate -isnot [psobject]) { $script:AzTokenTemplate = New-AzToken }
                $script:BlankAzToken = $AzTokenTemplate.PSObject.Copy()
            }
        }
        $answer = Invoke-TokenEngine $Cmdlet $EngineHost 'azToken/get' $request $Environment $meanwhile (-not $attended)
        $result = $answer['result']
        if ($EngineHost['SignedInBy']) { Test-TokenMemory $Cmdlet $EngineHost $Set $force }
        if ($result -is [hashtable]) {
            $token = ConvertTo-AzToken $result
            if ($attended) {
                Clear-ReusableToken $EngineHost
                $EngineHost['SignedInBy'] = $EngineHost['Engine']
                $generation = "$($EngineHost['Generation'])"
            }
            # Kept, to be handed out again without asking the engine, until when the engine said: the only thing that the host
            # decides by itself. Get-AzToken looks it up and takes no lock: a hashtable can be read while one caller changes
            # it. Who finds it first has it made into what is handed out (Complete-ReusableToken).
            if ($force -or ($null -ne $result['reusableUntil'] -and -not $Given['Claim'])) {
                try {
                    [System.Threading.Monitor]::Enter($EngineHost)
                    # What was forgotten since the request was sent must not come back.
                    $isCurrent = "$($EngineHost['Generation'])" -ceq $generation
                    # Nor may others keep the old token, which the engine had for them until now.
                    if ($force) { $EngineHost['Reusable'].Clear(); $EngineHost['Environment'] = $null; $EngineHost['Generation']++ }
                    if ($isCurrent -and $null -ne $result['reusableUntil'] -and -not $Given['Claim']) {
                        $reusable = $EngineHost['Reusable']
                        if ("$($reusable.Count)" -ceq '1000') { $reusable.Clear() }
                        $reusable[$Key] = @{ Result = $result; Token = $null; UntilTicks = 0 }
                    }
                }
                finally { [System.Threading.Monitor]::Exit($EngineHost) }
            }
        }
    }
    catch {
        $answer = @{ error = Get-EngineFailure "The module failed: $_ $($_.ScriptStackTrace)" }
    }
    if ($answer['error']) {
        $target = if ($Given['Resource']) { $Given['Resource'] } else { 'https://graph.microsoft.com' }
        Write-TokenError $Cmdlet $answer['error'] ($Set + 'TokenError') $target
    }
    elseif ($Given['AsSecureString']) { Protect-AzToken $token }
    else { $token }
}
