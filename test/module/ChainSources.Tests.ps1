# Sources of Get-AzToken's chain that take something on this computer: a certificate's file, and Azure CLI.
BeforeAll {
    Import-Module "$PSScriptRoot/TestSession.psm1" -Force
    Import-Module $ModuleFile -Force

    $certificate = New-TestCertificate 'registered'
    $application = 'ce470000-0000-4000-8000-000000000002'
    $emulator = Start-TestEmulator (Get-DirectoryArgument "$TestDrive/directory.json" @{
            id                     = $application
            name                   = 'Contoso Certificate'
            certificates           = @(ConvertTo-Pem $certificate.RawData)
            applicationPermissions = @('https://graph.microsoft.com/User.Read.All')
        })

    # The variables of the application, with a certificate as PFX.
    function Get-CertificateVariable {
        param($Certificate)

        $file = Join-Path $TestDrive 'certificate.pfx'
        [System.IO.File]::WriteAllBytes($file, $Certificate.Export('Pfx', 'password'))
        @{
            AZURE_TENANT_ID                   = $Contoso
            AZURE_CLIENT_ID                   = $application
            AZURE_CLIENT_CERTIFICATE_PATH     = $file
            AZURE_CLIENT_CERTIFICATE_PASSWORD = 'password'
        }
    }
}
AfterAll {
    Remove-Module EntraTokenBridge
    Stop-TestEmulator $emulator
}

Describe 'Get-AzToken with the certificate in the environment' {
    It 'gets the application''s token with a PFX file and its password' {
        Set-TestEnvironment $emulator (Get-CertificateVariable $certificate)
        $token = Get-AzToken
        $token.Identity | Should -Be $token.Claims['oid']
        $token.TenantId | Should -Be $Contoso
        $token.Claims['appid'] | Should -Be $application
        $token.Claims['roles'] | Should -Be 'User.Read.All'
    }

    # .NET Framework writes no key as PEM.
    It 'gets the application''s token with a PEM file' -Skip:($PSVersionTable.PSVersion.Major -lt 6) {
        $file = Join-Path $TestDrive 'certificate.pem'
        $key = [System.Security.Cryptography.X509Certificates.RSACertificateExtensions]::GetRSAPrivateKey($certificate)
        [System.IO.File]::WriteAllText($file, (ConvertTo-Pem $key.ExportPkcs8PrivateKey() 'PRIVATE KEY') + (ConvertTo-Pem $certificate.RawData))
        Set-TestEnvironment $emulator @{ AZURE_TENANT_ID = $Contoso; AZURE_CLIENT_ID = $application; AZURE_CLIENT_CERTIFICATE_PATH = $file }
        (Get-AzToken).Claims['appid'] | Should -Be $application
    }

    It 'is refused with a certificate that the application does not have' {
        Set-TestEnvironment $emulator (Get-CertificateVariable (New-TestCertificate 'stranger'))
        Get-AzToken -ErrorAction SilentlyContinue -ErrorVariable failure | Should -BeNullOrEmpty
        $failure[0].FullyQualifiedErrorId | Should -Be 'NonInteractiveTokenError,Get-AzToken'
        $failure[0].CategoryInfo.Category | Should -Be 'AuthenticationError'
        $failure[0].Exception.Data['Code'] | Should -Be 'InvalidClient'
        $failure[0].Exception.Data['Aadsts'] | Should -Be 700027
        $failure[0].Exception.Message | Should -BeLike 'Environment variables: AADSTS700027: *Register the certificate with the app registration*'
    }

    It 'says that the file is not there' {
        $absent = Join-Path $TestDrive 'absent.pem'
        Set-TestEnvironment $emulator (Get-CertificateVariable $certificate)
        $env:AZURE_CLIENT_CERTIFICATE_PATH = $absent
        Get-AzToken -ErrorAction SilentlyContinue -ErrorVariable failure | Should -BeNullOrEmpty
        $failure[0].CategoryInfo.Category | Should -Be 'ObjectNotFound'
        $failure[0].Exception.Data['Code'] | Should -Be 'CertificateNotFound'
        $failure[0].Exception.Message | Should -Be "Environment variables: The certificate file '$absent' does not exist. Correct the path, or put the file there."
    }
}

# A stand-in for Azure CLI, which can't sign in to an emulator without the internet (Debian's 2.45 asks
# login.microsoftonline.com about every other authority, and has no setting against that): a script named az that keeps its
# arguments and prints what `az account get-access-token --output json` of version 2.54 or later prints. A script is no program
# on Windows.
Describe 'Get-AzToken with Azure CLI (a stand-in)' -Skip:($env:OS -eq 'Windows_NT') {
    BeforeAll {
        $folder = Join-Path $TestDrive 'bin'
        $null = New-Item $folder -ItemType Directory

        # What the stand-in does, in sh.
        function Set-AzureCli {
            param($Script)

            [System.IO.File]::WriteAllText("$folder/az", "#!/bin/sh`n$Script`n")
            & chmod 755 "$folder/az"
        }

        Set-TestEnvironment $emulator (Get-CertificateVariable $certificate)
        $given = Get-AzToken
        $path = $env:PATH
    }
    BeforeEach { Set-TestEnvironment $emulator @{ PATH = "${folder}:$path"; AZURE_POD_IDENTITY_AUTHORITY_HOST = 'http://127.0.0.1:9' } }
    AfterEach { $env:PATH = $path }

    It 'gets the token that it prints, once the environment has none, and asks it for resource and tenant' {
        [System.IO.File]::WriteAllText("$folder/answer", @"
{
  "accessToken": "$given",
  "expiresOn": "$($given.ExpiresOn.LocalDateTime.ToString('yyyy-MM-dd HH:mm:ss.ffffff', [cultureinfo]::InvariantCulture))",
  "expires_on": $($given.ExpiresOn.ToUnixTimeSeconds()),
  "subscription": "5ab5c000-0000-4000-8000-000000000001",
  "tenant": "$Contoso",
  "tokenType": "Bearer"
}
"@)
        Set-AzureCli "echo `"`$@`" > '$folder/asked'; cat '$folder/answer'"
        $token = Get-AzToken https://vault.azure.net -TenantId contoso.com -CredentialPrecedence Environment, AzureCLI
        $token.Token | Should -BeExactly $given.Token
        $token.ExpiresOn | Should -Be $given.ExpiresOn
        $token.Identity | Should -Be $given.Identity
        $token.TenantId | Should -Be $Contoso
        $token.Scopes | Should -Be '.default'
        [System.IO.File]::ReadAllText("$folder/asked").Trim() |
            Should -Be 'account get-access-token --output json --resource https://vault.azure.net --tenant contoso.com'
    }

    It 'says so when nobody is signed in to it and no other source has a token' {
        Set-AzureCli "echo `"ERROR: Please run 'az login' to setup account.`" >&2; exit 1"
        Get-AzToken -CredentialPrecedence Environment, AzureCLI -ErrorAction SilentlyContinue -ErrorVariable failure | Should -BeNullOrEmpty
        $failure[0].FullyQualifiedErrorId | Should -Be 'NonInteractiveTokenError,Get-AzToken'
        $failure[0].CategoryInfo.Category | Should -Be 'ObjectNotFound'
        $failure[0].Exception.Data['Code'] | Should -Be 'CredentialUnavailable'
        $failure[0].Exception.Message | Should -BeLike '*  - Azure CLI: Please run ''az login''*'
    }
}

# Where it is installed. By its proxy it gets nowhere: it asks its maker about this and that, even for who is not signed in.
Describe 'Get-AzToken with Azure CLI itself' -Skip:(-not (Test-Path /usr/bin/az)) {
    It 'says so when nobody is signed in to it' {
        $folder = Join-Path $TestDrive 'azure'
        $null = New-Item $folder -ItemType Directory
        [System.IO.File]::WriteAllText("$folder/config", "[core]`ncollect_telemetry = no`n")
        Set-TestEnvironment $emulator @{ AZURE_CONFIG_DIR = $folder; HTTP_PROXY = 'http://127.0.0.1:9'; HTTPS_PROXY = 'http://127.0.0.1:9' }
        $path = $env:PATH
        $env:PATH = '/usr/bin:/bin'
        try {
            # Its first run in a folder takes twice as long.
            & /usr/bin/az account get-access-token 2>&1 | Should -BeLike '*Please run ''az login''*'
            Get-AzToken -CredentialPrecedence AzureCLI -ErrorAction SilentlyContinue -ErrorVariable failure | Should -BeNullOrEmpty
        }
        finally { $env:PATH = $path }
        $failure[0].Exception.Data['Code'] | Should -Be 'CredentialUnavailable'
        $failure[0].Exception.Message | Should -BeLike '*  - Azure CLI: Please run ''az login''*'
    }
}
