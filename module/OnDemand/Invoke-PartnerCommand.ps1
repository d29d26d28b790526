# New-PartnerAccessToken and New-SecMgmtAccessToken: what differs between the two are the method and the result's other
# type name.
#   Method      the protocol's
#   Parameters  those that the caller was given
#   TypeName    upstream's for the result
function Invoke-PartnerCommand {
    param($EngineHost, $Cmdlet, $Method, $Parameters, $TypeName)

    $set = $Cmdlet.ParameterSetName
    $certificate = $null
    try {
        $request = @{ parameterSet = $set; parameters = ConvertTo-PartnerParameter $Parameters }
        $attended = Test-PartnerSignIn $set $Parameters
        if ($attended) { $request['noBrowser'] = Get-NoBrowserReason }
        $answer = $null
        if ($Parameters['CertificateThumbprint']) {
            $certificate = Open-ClientCertificate $Parameters['CertificateThumbprint']
            if ($certificate['Failure']) { $answer = @{ error = $certificate['Failure'] } }
            else { $request['parameters']['certificate'] = $certificate['Description'] }
        }
        if (-not $answer) {
            $answer = Invoke-TokenEngine $Cmdlet $engineHost $Method (ConvertTo-RpcJson $request) (Get-SessionEnvironment) { if ($args[0]) { ConvertTo-AuthResult $SampleResult } } (-not $attended) $certificate
        }
        if ($answer['result']) {
            $result = ConvertTo-AuthResult $answer['result'] $TypeName
            if ($Parameters['AsSecureString']) { Protect-AuthResult $result }
        }
    }
    catch {
        $answer = @{ error = Get-EngineFailure "The module failed: $_ $($_.ScriptStackTrace)" }
    }
    finally { if ($certificate) { Close-ClientCertificate $certificate } }
    if (-not $answer['error']) { return $result }
    $target = if ($Parameters['Scopes']) { $Parameters['Scopes'] -join ' ' } else { $Parameters['Module'] }
    # RefreshTokenError, ServicePrincipalTokenError and so on: upstream's errors have no id.
    Write-TokenError $Cmdlet $answer['error'] (($set -replace 'Token$') + 'TokenError') $target
}

# The parameters as the protocol has them, but for the certificate.
function ConvertTo-PartnerParameter {
    param($Given)

    $parameters = ConvertTo-RpcParameter $Given $PartnerParameterNames
    if ($Given['Credential']) {
        $parameters['credential'] = @{
            userName = [string]$Given['Credential'].UserName
            password = [System.Net.NetworkCredential]::new('', $Given['Credential'].Password).Password
        }
    }
    $parameters
}

$script:PartnerParameterNames = 'AccessToken', 'ApplicationId', 'Environment', 'Module', 'RefreshToken', 'Scopes',
'ServicePrincipal', 'Tenant', 'TimeoutSeconds', 'UseAuthorizationCode', 'UseDeviceAuthentication'

# Whether a person may have to take part: then a request is never repeated, and a browser may be wanted.
function Test-PartnerSignIn {
    param($ParameterSet, $Given)

    $ParameterSet -eq 'User' -or [bool]$Given['UseAuthorizationCode'] -or ($ParameterSet -eq 'ByModule' -and -not $Given['RefreshToken'])
}
