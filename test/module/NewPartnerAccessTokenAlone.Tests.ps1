# What New-PartnerAccessToken has and New-SecMgmtAccessToken has not: the sign-in of Exchange Online's module, and tokens
# that are there already.
BeforeAll {
    Import-Module "$PSScriptRoot/TestSession.psm1" -Force
    Import-Module $ModuleFile -Force
    $emulator = Start-TestEmulator '--scripted-user', $Alice, '--device-code-interval', 1

    $userRead = 'https://graph.microsoft.com/User.Read'
    $desktop = '9ab11c00-0000-4000-8000-000000000003'
    $aliceId = 'a11ce000-0000-4000-8000-000000000001'

    # An access token that nobody signed: nobody is asked whether it is good.
    function Get-MadeToken {
        param([hashtable] $Claims)

        $parts = '{"alg":"none","typ":"JWT"}', (ConvertTo-Json $Claims -Compress) | ForEach-Object {
            [Convert]::ToBase64String([System.Text.Encoding]::UTF8.GetBytes($_)).TrimEnd('=').Replace('+', '-').Replace('/', '_')
        }
        ($parts -join '.') + '.c2lnbmF0dXJl'
    }
}
AfterAll {
    Remove-Module EntraTokenBridge
    Stop-TestEmulator $emulator
}

Describe 'New-PartnerAccessToken -Module ExchangeOnline' {
    BeforeEach { Set-TestEnvironment $emulator @{ BROWSER = Get-ScriptedBrowser } }

    It 'signs the person in with a device code, for Exchange Online''s own application and scope' {
        $shell = [powershell]::Create().AddScript("Import-Module '$ModuleFile'; New-PartnerAccessToken -Module ExchangeOnline -Tenant $Contoso")
        try {
            $running = $shell.BeginInvoke()
            Wait-Until { $shell.Streams.Warning.Count } 'a warning showed the code'
            Complete-DeviceCode $emulator $shell.Streams.Warning[0].Message
            $token = $shell.EndInvoke($running)[0]
        }
        finally { $shell.Dispose() }
        $claims = Get-Claim $token.AccessToken
        $claims.appid | Should -Be 'a0c73c16-a7e3-4564-9a95-2bdf47383716'
        $claims.aud | Should -Be 'https://outlook.office365.com'
    }

    It 'signs the person in in the browser with -UseAuthorizationCode, and takes the refresh token without -Scopes' {
        $token = New-PartnerAccessToken -ModuleName ExchangeOnline -Tenant $Contoso -AuthCode
        (Get-Claim $token.AccessToken).aud | Should -Be 'https://outlook.office365.com'
        $env:BROWSER = Get-IdleBrowser
        $next = New-PartnerAccessToken -Module ExchangeOnline -RefreshToken $token.RefreshToken -Tenant $Contoso
        (Get-Claim $next.AccessToken).aud | Should -Be 'https://outlook.office365.com'
        $next.RefreshToken | Should -Not -Be $token.RefreshToken
    }

    It 'has its own error id, and the module as target' {
        New-PartnerAccessToken -Module ExchangeOnline -RefreshToken nonsense -Tenant $Contoso -ErrorAction SilentlyContinue -ErrorVariable failure
        $failure[0].FullyQualifiedErrorId | Should -Be 'ByModuleTokenError,New-PartnerAccessToken'
        $failure[0].TargetObject | Should -Be 'ExchangeOnline'
    }
}

Describe 'New-PartnerAccessToken -AccessToken' {
    BeforeAll {
        $known = @{ ApplicationId = $desktop; Scopes = $userRead }
        $inAnHour = [DateTimeOffset]::UtcNow.ToUnixTimeSeconds() + 3600
    }
    BeforeEach {
        Set-TestEnvironment $emulator
        Clear-RequestLog $emulator
    }

    It 'describes the token by its claims, and asks nobody' {
        $made = Get-MadeToken @{ exp = $inAnHour; tid = $Contoso; oid = $aliceId; upn = $Alice }
        $token = New-PartnerAccessToken @known -AccessToken $made
        $token.AccessToken | Should -Be $made
        $token.ExpiresOn.ToUnixTimeSeconds() | Should -Be $inAnHour
        $token.TenantId | Should -Be $Contoso
        $token.Account.Username | Should -Be $Alice
        $token.Account.HomeAccountId.Identifier | Should -Be "$aliceId.$Contoso"
        $token.Scopes | Should -Be $userRead
        $token.CorrelationId | Should -Be ([guid]::Empty)
        foreach ($name in 'RefreshToken', 'IdToken', 'UniqueId') { $null -eq $token.$name | Should -BeTrue -Because $name }
        Get-TokenRequestCount $emulator | Should -Be 0
    }

    It 'has no account where the token has no user name, and the host of -Environment where it has one' {
        $made = Get-MadeToken @{ exp = $inAnHour; tid = $Contoso; oid = $aliceId }
        $null -eq (New-PartnerAccessToken @known -AccessToken $made).Account | Should -BeTrue
        $made = Get-MadeToken @{ exp = $inAnHour; tid = $Contoso; oid = $aliceId; upn = $Alice }
        (New-PartnerAccessToken @known -AccessToken $made -Environment AzureUSGovernment).Account.Environment | Should -Be 'login.microsoftonline.us'
        (New-PartnerAccessToken @known -AccessToken $made -EnvironmentName azurechinacloud).Account.Environment | Should -Be 'login.chinacloudapi.cn'
    }

    It 'refuses <What>' -ForEach @(
        @{ What = 'a text that is no JWT'; Claims = $null; Code = 'InvalidParameter'; Category = 'InvalidArgument'; Message = 'Parameter AccessToken: the value is no JWT.*' }
        @{ What = 'a token that has expired'; Claims = @{ exp = 1700000000; tid = 't' }; Code = 'TokenExpired'; Category = 'AuthenticationError'; Message = 'Parameter AccessToken: the token expired on 2023-11-14T22:13:20.000Z.*' }
        @{ What = 'a token without tid'; Claims = @{ exp = 4000000000 }; Code = 'InvalidParameter'; Category = 'InvalidArgument'; Message = 'Parameter AccessToken: *(claim tid)*' }
    ) {
        $given = if ($Claims) { Get-MadeToken $Claims } else { 'no token' }
        New-PartnerAccessToken @known -AccessToken $given -ErrorAction SilentlyContinue -ErrorVariable failure | Should -BeNullOrEmpty
        $failure[0].FullyQualifiedErrorId | Should -Be 'AccessTokenError,New-PartnerAccessToken'
        $failure[0].Exception.Data['Code'] | Should -Be $Code
        $failure[0].Exception.Data['Parameter'] | Should -Be 'AccessToken'
        $failure[0].CategoryInfo.Category | Should -Be $Category
        $failure[0].Exception.Message | Should -BeLike $Message
    }
}
