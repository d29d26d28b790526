# The certificate that a thumbprint names, and its private key, which never leaves this process: the engine
# asks for each signature (host/sign).
# Returns Description (the protocol's HostCertificate), Key and Certificate, which Close-ClientCertificate lets go of; or
# a Failure. What can be read from the certificate alone, the engine checks: dates and the kind of key.
function Open-ClientCertificate {
    param($Thumbprint, $Parameter = 'CertificateThumbprint')

    # Copied from a window of Windows it comes with spaces, and with marks that nobody sees.
    $digits = $Thumbprint -replace '[^0-9a-fA-F]'
    if ($digits.Length -ne 40) {
        # As the engine repeats what was given.
        $shown = $Thumbprint -replace '(?s)^(.{100}).+$', '$1...'
        return Get-CertificateFailure $Parameter InvalidParameter ("Parameter ${Parameter}: '$shown' is no thumbprint, " +
            'which has 40 hexadecimal digits. See it with: Get-ChildItem Cert:\CurrentUser\My')
    }
    $certificate = Find-ClientCertificate $digits
    if (-not $certificate) {
        return Get-CertificateFailure $Parameter CertificateNotFound ("There is no certificate $digits in the store My of the current " +
            "user or of the local machine. Import it there together with its private key, or correct -$Parameter.")
    }
    $key = $null
    try {
        if (-not $certificate.HasPrivateKey) {
            $failure = Get-CertificateFailure $Parameter CertificateInvalid ("The certificate $digits has no private key here. Import it " +
                'again from a file that has the key, such as a PFX file.')
            return $failure
        }
        try {
            # Nothing for a key that is not RSA.
            $key = [System.Security.Cryptography.X509Certificates.RSACertificateExtensions]::GetRSAPrivateKey($certificate)
        }
        catch {
            $failure = Get-CertificateFailure $Parameter CertificateInvalid ("The private key of the certificate $digits can't be opened: " +
                "$($_.Exception.GetBaseException().Message.TrimEnd('.')). Check that this user may use the key.")
            return $failure
        }
        @{
            Certificate = $certificate
            Key         = $key
            Description = @{
                handle     = $digits
                thumbprint = $digits
                x5c        = @([System.Convert]::ToBase64String($certificate.RawData))
                algorithms = @(if ($key) { Get-SigningAlgorithm $key $digits })
            }
        }
    }
    finally { if (-not $key) { $certificate.Dispose() } }
}

function Close-ClientCertificate {
    param($Certificate)

    if ($Certificate['Key']) { $Certificate['Key'].Dispose(); $Certificate['Certificate'].Dispose() }
}

# The user's own store goes before the computer's, and a certificate with its key before the same one without.
function Find-ClientCertificate {
    param($Thumbprint)

    $found = $null
    # .NET has no such store of the machine on Linux, and PowerShell keeps an error that is caught in the caller's
    # -ErrorVariable all the same.
    $locations = if ($IsLinux) { 'CurrentUser' } else { 'CurrentUser', 'LocalMachine' }
    foreach ($location in $locations) {
        $store = [System.Security.Cryptography.X509Certificates.X509Store]::new('My', $location)
        try {
            $store.Open('ReadOnly')
            foreach ($certificate in $store.Certificates.Find('FindByThumbprint', $Thumbprint, $false)) {
                if ($certificate.HasPrivateKey) { return $certificate }
                $found = $certificate
            }
        }
        catch { Write-Debug "The store My of $location can't be opened: $_" }
        finally { $store.Close() }
    }
    $found
}

# What a key can do: keys of old providers, and of some devices, know no PSS. The old are known by their type: to try them
# would leave an error in the caller's -ErrorVariable. Whether a device knows it shows when it is tried, once for each key.
function Get-SigningAlgorithm {
    param($Key, $Thumbprint)

    if ($Key -is [System.Security.Cryptography.RSACryptoServiceProvider]) { return 'RS256' }
    if (-not $SigningAlgorithms[$Thumbprint]) {
        try {
            $null = Get-Signature $Key 'PS256' ([byte[]]@(0))
            $SigningAlgorithms[$Thumbprint] = @('PS256', 'RS256')
        }
        catch { $SigningAlgorithms[$Thumbprint] = @('RS256') }
    }
    $SigningAlgorithms[$Thumbprint]
}

$script:SigningAlgorithms = @{}

# RFC 7518 sections 3.3 and 3.5. .NET's salt is as long as the hash.
function Get-Signature {
    param($Key, $Algorithm, $Data)

    $padding = if ($Algorithm -eq 'PS256') { [System.Security.Cryptography.RSASignaturePadding]::Pss }
    else { [System.Security.Cryptography.RSASignaturePadding]::Pkcs1 }
    , $Key.SignData([byte[]]$Data, [System.Security.Cryptography.HashAlgorithmName]::SHA256, $padding)
}

# Answers the engine's host/sign with the key of the request that is under way.
function Send-Signature {
    param($Engine, $Message, $Certificate)

    $asked = $Message['params']
    try {
        if (-not $Certificate -or $asked['handle'] -cne $Certificate['Description']['handle']) { throw 'That key is not at hand.' }
        $signature = Get-Signature $Certificate['Key'] $asked['algorithm'] ([System.Convert]::FromBase64String($asked['data']))
        $answer = '"result":{"signature":"' + [System.Convert]::ToBase64String($signature) + '"}'
    }
    catch { $answer = '"error":{"code":-32000,"message":' + (ConvertTo-RpcJson $_.Exception.GetBaseException().Message) + '}' }
    try {
        [System.Threading.Monitor]::Enter($EngineHost)
        if (-not $Engine['Failure']) { Write-RpcMessage $Engine ('{"jsonrpc":"2.0","id":' + $Message['id'] + ',' + $answer + '}') }
    }
    finally { [System.Threading.Monitor]::Exit($EngineHost) }
}

function Get-CertificateFailure {
    param($Parameter, $Code, $Message)

    $failure = Get-EngineFailure $Message $Code
    $failure['data']['parameter'] = $Parameter
    @{ Failure = $failure }
}
