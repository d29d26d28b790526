# An error record from an error object of the engine, or of Get-EngineFailure.
#   ErrorId  the flow's, as upstream names it
#   Target   what the token was wanted for
function ConvertTo-TokenErrorRecord {
    param($Failure, $ErrorId, $Target)

    $data = $Failure.data
    $code = if ($data.code) { $data.code } else { 'EngineError' }
    $category = $TokenErrorCategories[$code]
    if (-not $category) { $category = 'AuthenticationError' }
    if ($code -eq 'InvalidParameterCombination' -or $code -eq 'PlatformNotSupported') { $ErrorId = $code }

    $exception = if ($category -eq 'InvalidArgument') { [System.ArgumentException]::new($Failure.message) }
    else { [System.Security.Authentication.AuthenticationException]::new($Failure.message) }
    $exception.Data['Code'] = $code
    $exception.Data['Retryable'] = [bool]$data.retryable
    foreach ($name in 'Parameter', 'OAuthError', 'Suberror', 'CorrelationId', 'TraceId', 'Claims') {
        if ($null -ne $data[$name]) { $exception.Data[$name] = $data[$name] }
    }
    if ($null -ne $data.aadsts) { $exception.Data['Aadsts'] = [int]$data.aadsts }
    if ($null -ne $data.timestamp) { $exception.Data['Timestamp'] = [System.DateTimeOffset]::FromUnixTimeMilliseconds([long]$data.timestamp) }
    if ($null -ne $data.retryAfter) { $exception.Data['RetryAfter'] = [timespan]::FromMilliseconds([double]$data.retryAfter) }
    if ($null -ne $data.steps) {
        $exception.Data['Steps'] = @(foreach ($step in $data.steps) {
                [pscustomobject]@{ Source = $step.source; Outcome = $step.outcome; Reason = $step.reason }
            })
    }
    [System.Management.Automation.ErrorRecord]::new($exception, $ErrorId, $category, $Target)
}

# What is no matter of authentication.
$script:TokenErrorCategories = @{
    InvalidParameter            = 'InvalidArgument'
    MissingParameter            = 'InvalidArgument'
    InvalidParameterCombination = 'InvalidArgument'
    InvalidParameterSet         = 'InvalidArgument'
    InvalidTenant               = 'InvalidArgument'
    InvalidResource             = 'InvalidArgument'
    InvalidScope                = 'InvalidArgument'
    Cancelled                   = 'OperationStopped'
    SignInTimeout               = 'OperationTimeout'
    DeviceCodeExpired           = 'OperationTimeout'
    Timeout                     = 'OperationTimeout'
    BrowserUnavailable          = 'ResourceUnavailable'
    PortUnavailable             = 'ResourceUnavailable'
    CredentialUnavailable       = 'ObjectNotFound'
    ManagedIdentityUnavailable  = 'ResourceUnavailable'
    CertificateNotFound         = 'ObjectNotFound'
    CertificateInvalid          = 'InvalidData'
    ResponseInvalid             = 'InvalidResult'
    PlatformNotSupported        = 'NotInstalled'
    ConsentRequired             = 'PermissionDenied'
    SignInDenied                = 'PermissionDenied'
    Throttled                   = 'LimitsExceeded'
    ServiceUnavailable          = 'ConnectionError'
    NetworkError                = 'ConnectionError'
    NameNotResolved             = 'ConnectionError'
    ConnectionRefused           = 'ConnectionError'
    TlsError                    = 'ConnectionError'
    ProtocolMismatch            = 'InvalidOperation'
    NotInitialized              = 'InvalidOperation'
    EngineError                 = 'NotSpecified'
}
