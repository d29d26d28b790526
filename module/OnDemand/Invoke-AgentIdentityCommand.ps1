# Get-EntraBetaAgentIdentityToken.
#   Given  the parameters that the caller was given; what is missing comes from the session
function Invoke-AgentIdentityCommand {
    param($EngineHost, $Cmdlet, $Given)

    # Not started yet where a context was set first.
    if (-not $engineHost['Engine']) { $null = Open-TokenEngine $engineHost }

    $mode = 'AutonomousApp'
    # As the protocol spells it: PowerShell takes any case.
    foreach ($known in 'OBO', 'AutonomousUser') { if ($Given['Mode'] -eq $known) { $mode = $known } }
    $answer = $null
    $certificate = $null
    try {
        $parameters = ConvertTo-RpcParameter $Given $AgentIdentityParameterNames
        $values = Get-AgentIdentityValue $engineHost $Given
        Write-AgentIdentitySource $Cmdlet $values
        foreach ($name in $values.Keys) {
            $value = $values[$name]['Value']
            if ($value -is [securestring]) { $value = [System.Net.NetworkCredential]::new('', $value).Password }
            if ($name -ne 'BlueprintCertificateThumbprint') { $parameters[(ConvertTo-RpcName $name)] = $value; continue }
            $certificate = Open-ClientCertificate $value $name
            if ($certificate['Failure']) { $answer = @{ error = $certificate['Failure'] } }
            else { $parameters['blueprintCertificate'] = $certificate['Description'] }
        }
        if (-not $answer) {
            $request = @{ parameterSet = $mode; parameters = $parameters }
            $answer = Invoke-TokenEngine $Cmdlet $engineHost 'agentIdentityToken/get' (ConvertTo-RpcJson $request) (Get-SessionEnvironment) { if ($args[0]) { ConvertTo-AgentIdentityToken $SampleResult } } $true $certificate
        }
        if ($answer['result']) { $token = ConvertTo-AgentIdentityToken $answer['result'] $Given['AsSecureString'] }
    }
    catch {
        $answer = @{ error = Get-EngineFailure "The module failed: $_ $($_.ScriptStackTrace)" }
    }
    finally { if ($certificate) { Close-ClientCertificate $certificate } }
    if (-not $answer['error']) { return $token }
    # What upstream throws has no id. The token is wanted for that agent identity.
    Write-TokenError $Cmdlet $answer['error'] ($mode + 'TokenError') $parameters['agentIdentityAppId'] -EndsScript
}

# Those that never come from the session.
$script:AgentIdentityParameterNames = 'Scope', 'UserToken', 'UserUpn', 'UserId', 'Environment', 'Claim', 'TimeoutSeconds', 'Force'

function ConvertTo-AgentIdentityToken {
    param($Result, $AsSecureString)

    if ($AsSecureString) { [System.Net.NetworkCredential]::new('', $Result['token']).SecurePassword }
    else { $Result['token'] }
}

# Where each value comes from; never what a secret is.
function Write-AgentIdentitySource {
    param($Cmdlet, $Values)

    foreach ($name in $Values.Keys) {
        $value = if ($name -eq 'BlueprintSecret') { '' } else { " $($Values[$name]['Value'])" }
        Write-EngineText $Cmdlet 'verbose' "$name$value comes from $($Values[$name]['Source'])."
    }
}
