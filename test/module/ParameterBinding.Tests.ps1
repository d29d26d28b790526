# How values reach parameters and sets: seen by what is refused. None of these calls comes as far as a network.
BeforeAll {
    Import-Module ([System.IO.Path]::Combine($PSScriptRoot, '..', '..', 'module', 'EntraTokenBridge.psd1'))
    $before = $env:AZURE_AUTHORITY_HOST, $env:AZURE_POD_IDENTITY_AUTHORITY_HOST
    $env:AZURE_AUTHORITY_HOST = 'https://127.0.0.1:9'
    $env:AZURE_POD_IDENTITY_AUTHORITY_HOST = 'http://127.0.0.1:9'

    function Get-Refusal {
        param([scriptblock] $Call)

        $record = $null
        try { $null = & $Call } catch { $record = $_ }
        $record | Should -Not -BeNullOrEmpty -Because "'$Call' is to be refused"
        $record
    }
}
AfterAll {
    Remove-Module EntraTokenBridge
    $env:AZURE_AUTHORITY_HOST, $env:AZURE_POD_IDENTITY_AUTHORITY_HOST = $before
}

# Values that the engine refuses tell which parameter they arrived as.
Describe 'Binding the parameters of Get-AzToken' {
    It 'takes <Given> as the value of <Parameter>' -ForEach @(
        @{ Given = 'the first value without a name'; Parameter = 'Resource'; Call = { Get-AzToken 'no resource' -ErrorAction Stop } }
        @{ Given = 'the second value without a name'; Parameter = 'Scope'; Call = { Get-AzToken api://x 'no scope' -ErrorAction Stop } }
        @{ Given = '-ResourceId'; Parameter = 'Resource'; Call = { Get-AzToken -ResourceId 'no resource' -ErrorAction Stop } }
        @{ Given = '-ResourceUrl'; Parameter = 'Resource'; Call = { Get-AzToken -ResourceUrl 'no resource' -ErrorAction Stop } }
        @{ Given = '-Tenant'; Parameter = 'TenantId'; Call = { Get-AzToken -Tenant 'no tenant' -ErrorAction Stop } }
        @{ Given = 'each of several scopes'; Parameter = 'Scope'; Call = { Get-AzToken -Scope User.Read, 'no scope' -ErrorAction Stop } }
        @{ Given = '-ClientId without a switch'; Parameter = 'ClientId'; Call = { Get-AzToken -ClientId 'no client' -ErrorAction Stop } }
        @{ Given = '-Claim'; Parameter = 'Claim'; Call = { Get-AzToken -Claim 'no claim' -ErrorAction Stop } }
    ) {
        $record = Get-Refusal $Call
        $record.FullyQualifiedErrorId | Should -Be 'NonInteractiveTokenError,Get-AzToken'
        $record.Exception.Data['Code'] | Should -Be 'InvalidParameter'
        $record.Exception.Data['Parameter'] | Should -Be $Parameter
        $record.Exception.Message | Should -Match "^Parameter ${Parameter}: (.*'no \w+' is no |the value is no JSON object)"
    }

    It 'goes by the switch: -<Switch> is the set <Switch>' -ForEach @{ Switch = 'Interactive' }, @{ Switch = 'ManagedIdentity' } {
        $given = @{ $Switch = $true; ClientId = 'no client'; ErrorAction = 'Stop' }
        (Get-Refusal { Get-AzToken @given }).FullyQualifiedErrorId | Should -Be "${Switch}TokenError,Get-AzToken"
    }

    It 'refuses -Interactive together with <With>' -ForEach @(
        @{ With = '-ManagedIdentity'; Call = { Get-AzToken -Interactive -ManagedIdentity } }
        @{ With = '-CredentialPrecedence'; Call = { Get-AzToken -Interactive -CredentialPrecedence Environment } }
    ) {
        (Get-Refusal $Call).FullyQualifiedErrorId | Should -Be 'AmbiguousParameterSet,Get-AzToken'
    }

    It 'refuses a third value without a name' {
        (Get-Refusal { Get-AzToken https://vault.azure.net .default contoso.com }).FullyQualifiedErrorId |
            Should -Be 'PositionalParameterNotFound,Get-AzToken'
    }

    It 'refuses an empty <_>, as from a variable that was never set' -ForEach 'Resource', 'Scope', 'TenantId', 'Claim', 'ClientId' {
        $given = @{ $_ = '' }
        $record = Get-Refusal { Get-AzToken @given }
        $record.FullyQualifiedErrorId | Should -Be 'ParameterArgumentValidationError,Get-AzToken'
        $record.Exception.ParameterName | Should -Be $_
    }

    It 'refuses a source that it does not know, and a time of zero seconds' {
        (Get-Refusal { Get-AzToken -CredentialPrecedence Browser }).Exception.Message | Should -Match 'AzureDeveloperCli'
        (Get-Refusal { Get-AzToken -TimeoutSeconds 0 }).Exception.ParameterName | Should -Be 'TimeoutSeconds'
    }
}

# The error id tells which set was chosen.
Describe 'Binding the parameters of <Command>' -ForEach @{ Command = 'New-PartnerAccessToken' }, @{ Command = 'New-SecMgmtAccessToken' } {
    BeforeAll { $secret = [pscredential]::new('not an id', [System.Net.NetworkCredential]::new('', 'a secret').SecurePassword) }

    It 'chooses <Set> for <Given>' -ForEach @(
        @{ Set = 'User'; Given = '-ApplicationId x -Scopes y' }
        @{ Set = 'User'; Given = '-ClientId x -Scopes y -Domain z -AuthCode -Device' }
        @{ Set = 'RefreshToken'; Given = '-RefreshToken x -Scopes "a b"' }
        @{ Set = 'RefreshToken'; Given = '-ApplicationId x -Credential $secret -RefreshToken y -Scopes z -ServicePrincipal -TenantId t' }
        @{ Set = 'ServicePrincipal'; Given = '-ApplicationId x -Credential $secret -ServicePrincipal -Scopes y -Tenant z -UseAuthorizationCode' }
        @{ Set = 'ServicePrincipalCertificate'; Given = '-ApplicationId x -CertificateThumbprint y -Scopes z -Tenant t' }
        @{ Set = 'ServicePrincipalCertificate'; Given = '-ApplicationId x -CertificateThumbprint y -Scopes z -Tenant t -ServicePrincipal -AuthCode' }
    ) {
        $failure = Get-Refusal ([scriptblock]::Create("$Command $Given -ErrorAction Stop"))
        $failure.FullyQualifiedErrorId | Should -Be (($Set -replace 'Token$') + "TokenError,$Command")
        $failure.Exception.Data['Code'] | Should -Be 'InvalidParameter'
    }

    It 'refuses <Given>: <Id>' -ForEach @(
        @{ Given = '-ApplicationId x -Scopes y -ServicePrincipal -DeviceCode'; Id = 'AmbiguousParameterSet' }
        @{ Given = '-ApplicationId x -Credential $secret -CertificateThumbprint z -Scopes y -Tenant t -AuthCode'; Id = 'AmbiguousParameterSet' }
        @{ Given = '-ApplicationId "" -Scopes y'; Id = 'ParameterArgumentValidationError*' }
        @{ Given = '-ApplicationId x -Scopes y -Tenant ""'; Id = 'ParameterArgumentValidationError' }
        @{ Given = '-ApplicationId x -Scopes y -Environment Moon'; Id = 'ParameterArgumentValidationError' }
        @{ Given = '-ApplicationId x -Scopes y -TimeoutSeconds 0'; Id = 'ParameterArgumentValidationError' }
        @{ Given = '-ApplicationId x -Scopes y z'; Id = 'PositionalParameterNotFound' }
    ) {
        $failure = Get-Refusal ([scriptblock]::Create("$Command $Given -ErrorAction Stop"))
        $failure.FullyQualifiedErrorId | Should -BeLike "$Id,$Command"
    }
}

Describe 'Binding the sets that New-PartnerAccessToken alone has' {
    It 'chooses <Set> for <Given>' -ForEach @(
        @{ Set = 'AccessToken'; Given = '-AccessToken x -ApplicationId y -Scopes z -Environment AzureCloud' }
        @{ Set = 'ByModule'; Given = '-Module ExchangeOnline -Tenant "no tenant"' }
        @{ Set = 'ByModule'; Given = '-Module exchangeonline -RefreshToken x -Tenant "no tenant"' }
        @{ Set = 'RefreshToken'; Given = '-ModuleName ExchangeOnline -RefreshToken x -Scopes "a b"' }
    ) {
        $failure = Get-Refusal ([scriptblock]::Create("New-PartnerAccessToken $Given -ErrorAction Stop"))
        $failure.FullyQualifiedErrorId | Should -Be (($Set -replace 'Token$') + 'TokenError,New-PartnerAccessToken')
    }

    It 'refuses -Module and -AccessToken in New-SecMgmtAccessToken' {
        { New-SecMgmtAccessToken -Module ExchangeOnline -ApplicationId x -Scopes y } | Should -Throw -ErrorId 'NamedParameterNotFound,New-SecMgmtAccessToken'
        { New-SecMgmtAccessToken -AccessToken x -ApplicationId y -Scopes z } | Should -Throw -ErrorId 'NamedParameterNotFound,New-SecMgmtAccessToken'
    }
}
