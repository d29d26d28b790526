# New-PartnerAccessToken and New-SecMgmtAccessToken: what both have is asked of both. Their device codes are tested in
# PartnerDeviceCode.Tests.ps1, what the first has in addition in NewPartnerAccessTokenAlone.Tests.ps1.
BeforeDiscovery {
    $both = @(
        @{ Command = 'New-PartnerAccessToken'; Model = 'Microsoft.Store.PartnerCenter.PowerShell.Models.Authentication.AuthResult' }
        @{ Command = 'New-SecMgmtAccessToken'; Model = 'Microsoft.Online.SecMgmt.PowerShell.Models.Authentication.AuthResult' }
    )
}
BeforeAll {
    Import-Module "$PSScriptRoot/TestSession.psm1" -Force
    Import-Module $ModuleFile -Force
    $emulator = Start-TestEmulator '--scripted-user', $Alice

    $userRead = 'https://graph.microsoft.com/User.Read'
    $graphDefault = 'https://graph.microsoft.com/.default'
    $confidential = 'c0f1de00-0000-4000-8000-000000000001'
    $desktop = '9ab11c00-0000-4000-8000-000000000003'
    $aliceId = 'a11ce000-0000-4000-8000-000000000001'

    # A refresh token as somebody has kept it from an earlier sign-in.
    function Get-KeptRefreshToken {
        param([switch] $OfApplication)

        $given = @{ Scopes = $userRead; Tenant = $Contoso; UseAuthorizationCode = $true; ErrorAction = 'Stop' }
        if ($OfApplication) { $given += @{ ApplicationId = $confidential; Credential = Get-ApplicationCredential; ServicePrincipal = $true } }
        else { $given.ApplicationId = $desktop }
        (New-PartnerAccessToken @given).RefreshToken
    }
}
AfterAll {
    Remove-Module EntraTokenBridge
    Stop-TestEmulator $emulator
}

Describe '<Command>' -ForEach $both {
    BeforeEach {
        Set-TestEnvironment $emulator @{ BROWSER = Get-ScriptedBrowser }
        & (Get-Module EntraTokenBridge) { Close-TokenEngine (Get-EngineHost) } # Nobody has signed in.
        $application = @{ ApplicationId = $confidential; Credential = Get-ApplicationCredential; ServicePrincipal = $true; Tenant = $Contoso }
        $person = @{ ApplicationId = $desktop; Scopes = $userRead; Tenant = $Contoso }
    }

    It 'gets an application''s token with its secret' {
        $token = & $Command @application -Scopes $graphDefault
        $claims = Get-Claim $token.AccessToken
        $claims.appid | Should -Be $confidential
        $claims.idtyp | Should -Be 'app'
        $token.TenantId | Should -Be $Contoso
        foreach ($name in 'Account', 'IdToken', 'RefreshToken', 'UniqueId') { $null -eq $token.$name | Should -BeTrue -Because $name }
    }

    It 'asks for an application''s token once, and again when another secret is given' {
        $null = & $Command @application -Scopes $graphDefault
        Clear-RequestLog $emulator
        $null = & $Command @application -Scopes $graphDefault
        Get-TokenRequestCount $emulator | Should -Be 0
        $application.Credential = Get-ApplicationCredential 'wrong'
        & $Command @application -Scopes $graphDefault -ErrorAction SilentlyContinue -ErrorVariable failure | Should -BeNullOrEmpty
        $failure[0].Exception.Data['Aadsts'] | Should -Be 7000215
    }

    It 'gets the token of a person who signs in to the application in the browser' {
        $token = & $Command @application -Scopes $userRead -UseAuthorizationCode
        $token.Account.Username | Should -Be $Alice
        $token.Scopes | Should -Contain $userRead
        (Get-Claim $token.AccessToken).appid | Should -Be $confidential
        $token.RefreshToken | Should -Not -BeNullOrEmpty
    }

    It 'gets new tokens with a refresh token of <Client>' -ForEach @(
        @{ Client = 'a public client'; OfApplication = $false; Given = @{ ApplicationId = '9ab11c00-0000-4000-8000-000000000003' } }
        @{ Client = 'an application with a secret'; OfApplication = $true; Given = @{} }
    ) {
        $kept = Get-KeptRefreshToken -OfApplication:$OfApplication
        if ($OfApplication) { $Given.Credential = Get-ApplicationCredential }
        $token = & $Command @Given -RefreshToken $kept -Tenant $Contoso -Scopes $userRead
        (Get-Claim $token.AccessToken).upn | Should -Be $Alice
        $token.RefreshToken | Should -Match '^1\.'
        $token.RefreshToken | Should -Not -Be $kept
        (& $Command @Given -RefreshToken $token.RefreshToken -Tenant $Contoso -Scopes $userRead).Account.Username | Should -Be $Alice
    }

    It 'says what is wrong with a refresh token that is none, and what to do' {
        & $Command -ApplicationId $desktop -RefreshToken 'no-refresh-token' -Tenant $Contoso -Scopes $userRead -ErrorAction SilentlyContinue -ErrorVariable failure
        $failure[0].FullyQualifiedErrorId | Should -Be "RefreshTokenError,$Command"
        $failure[0].Exception.Data['Code'] | Should -Be 'InvalidGrant'
        $failure[0].Exception.Message | Should -Match '^AADSTS\d+: .*Sign in again with -UseAuthorizationCode, and keep the RefreshToken of that result\.$'
        $failure[0].Exception.Message | Should -Not -Match 'no-refresh-token'
    }

    It 'lets a person sign in in the browser, and asks nobody again in this session' {
        $first = & $Command @person
        $first.Account.Username | Should -Be $Alice
        $env:BROWSER = Get-IdleBrowser
        $second = & $Command @person -TimeoutSeconds 20
        $second.Account.Username | Should -Be $Alice
        $second.UniqueId | Should -Be $first.UniqueId
    }

    It 'asks the person again with -UseAuthorizationCode' {
        $null = & $Command @person
        $env:BROWSER = Get-IdleBrowser
        & $Command @person -UseAuthorizationCode -TimeoutSeconds 1 -ErrorAction SilentlyContinue -ErrorVariable failure
        $failure[0].FullyQualifiedErrorId | Should -Be "UserTokenError,$Command"
        $failure[0].CategoryInfo.Category | Should -Be 'OperationTimeout'
        $failure[0].Exception.Data['Code'] | Should -Be 'SignInTimeout'
        $failure[0].Exception.Message | Should -Be 'Nobody finished the sign-in within 1 second. Run the command again, or give more time with -TimeoutSeconds.'
    }

    It 'skips ports of the range that are taken, with a warning for each' {
        $other = [System.Net.Sockets.TcpListener]::new([System.Net.IPAddress]::Loopback, 8400)
        # Another test may have it for a moment, and another program for good, which is just as good.
        try { Wait-Until { try { $other.Start(); $true } catch { $false } } 'port 8400 is free' 10 } catch { $other = $null }
        try { $token = & $Command @person -UseAuthorizationCode -WarningVariable warned -WarningAction SilentlyContinue }
        finally { if ($other) { $other.Stop() } }
        $token.Account.Username | Should -Be $Alice
        $warned[0].Message | Should -Be 'Port 8400 is taken by another program and was skipped.'
    }

    It 'says at once when no browser can be opened, and how else to sign in' -Skip:($env:OS -eq 'Windows_NT') {
        $env:BROWSER = '/bin/false'
        & $Command @person -ErrorAction SilentlyContinue -ErrorVariable failure
        $failure[0].Exception.Data['Code'] | Should -Be 'BrowserUnavailable'
        $failure[0].CategoryInfo.Category | Should -Be 'ResourceUnavailable'
        $failure[0].Exception.Message | Should -BeLike 'No browser can be opened here. */bin/false*or sign in with -UseDeviceAuthentication.'
    }

    It 'takes the other names of its parameters' {
        $token = & $Command -ClientId $confidential -Credential $application.Credential -ServicePrincipal -Domain 'contoso.onmicrosoft.com' -Scopes $userRead -AuthCode
        $token.Account.Username | Should -Be $Alice
        $token = & $Command -ClientId $confidential -Credential $application.Credential -ServicePrincipal -TenantId $Contoso -Scopes $graphDefault
        (Get-Claim $token.AccessToken).appid | Should -Be $confidential
    }

    It 'hands out an object with the properties and types that scripts know' {
        $token = & $Command @application -Scopes $userRead -UseAuthorizationCode
        $token.PSObject.TypeNames[0] | Should -Be 'EntraTokenBridge.AuthResult'
        $token.PSObject.TypeNames | Should -Contain $Model
        $token.PSObject.Properties.Name | Should -Be 'AccessToken', 'IsExtendedLifeTimeToken', 'UniqueId', 'ExpiresOn', 'ExtendedExpiresOn',
        'TenantId', 'Account', 'IdToken', 'Scopes', 'CorrelationId', 'RefreshToken'
        foreach ($name in 'AccessToken', 'UniqueId', 'TenantId', 'IdToken', 'RefreshToken') { $token.$name | Should -BeOfType [string] -Because $name }
        $token.IsExtendedLifeTimeToken | Should -BeOfType [bool]
        $token.IsExtendedLifeTimeToken | Should -BeFalse
        $token.ExpiresOn, $token.ExtendedExpiresOn | Should -BeOfType [DateTimeOffset]
        $token.ExpiresOn.ToUnixTimeSeconds() | Should -Be (Get-Claim $token.AccessToken).exp
        $token.ExtendedExpiresOn | Should -Be $token.ExpiresOn
        $token.CorrelationId | Should -BeOfType [guid]
        $token.CorrelationId | Should -Not -Be ([guid]::Empty)
        , $token.Scopes | Should -BeOfType [string[]]
        $token.UniqueId | Should -Be $aliceId
        $token.Account.PSObject.Properties.Name | Should -Be 'Username', 'Environment', 'HomeAccountId'
        $token.Account.Environment | Should -Be ([uri]$emulator.Authority).Authority
        $token.Account.HomeAccountId.Identifier | Should -Be "$aliceId.$Contoso"
        $token.Account.HomeAccountId.ObjectId | Should -Be $aliceId
        $token.Account.HomeAccountId.TenantId | Should -Be $Contoso
    }

    It 'never shows a token on the screen, unless all properties are asked for' {
        $token = & $Command @application -Scopes $userRead -UseAuthorizationCode
        foreach ($shown in ($token | Out-String), ($token | Format-Table | Out-String), ($token | Format-List | Out-String)) {
            $shown | Should -Match 'ExpiresOn'
            $shown | Should -Match ([regex]::Escape($Alice))
            $shown | Should -Not -Match 'eyJ|1\.[\w-]{20}'
        }
        $token | Format-List * | Out-String | Should -Match 'AccessToken +: eyJ'
    }

    It 'is its type''s name in a text, as upstream''s, so that no log line and no error message has a token' {
        $token = & $Command @application -Scopes $graphDefault
        "$token" | Should -Be $Model
        [string]$token | Should -Be $Model
        { [securestring]$token } | Should -Throw "*""$Model""*"
    }

    It 'survives ConvertTo-Json and Export-Clixml' {
        $token = & $Command @application -Scopes $userRead -UseAuthorizationCode
        $copy = $token | ConvertTo-Json | ConvertFrom-Json
        $copy.AccessToken, $copy.RefreshToken | Should -Be $token.AccessToken, $token.RefreshToken
        $copy.Account.HomeAccountId.Identifier | Should -Be "$aliceId.$Contoso"
        $file = Join-Path $TestDrive 'token.xml'
        $token | Export-Clixml $file
        $copy = Import-Clixml $file
        foreach ($name in 'AccessToken', 'RefreshToken', 'ExpiresOn', 'CorrelationId') { "$($copy.$name)" | Should -BeExactly "$($token.$name)" }
        ($copy | Out-String) + ($copy | Format-Table | Out-String) | Should -Not -Match 'eyJ' # as what comes back from a job or another computer
        $copy.Account.Username | Should -Be $Alice
    }

    It 'has SecureStrings with -AsSecureString, and null where there is no token' {
        $token = & $Command @application -Scopes $userRead -UseAuthorizationCode -AsSecureString
        foreach ($name in 'AccessToken', 'RefreshToken', 'IdToken') { $token.$name | Should -BeOfType [securestring] -Because $name }
        [System.Net.NetworkCredential]::new('', $token.AccessToken).Password | Should -Match '^eyJ'
        $token = & $Command @application -Scopes $graphDefault -AsSecureString
        $token.AccessToken | Should -BeOfType [securestring]
        $null -eq $token.RefreshToken | Should -BeTrue
    }

    It 'is silent without -Verbose' {
        @(& $Command @application -Scopes $graphDefault *>&1).Count | Should -Be 1
    }
}

Describe 'An error of <Command>' -ForEach $both {
    BeforeEach {
        Set-TestEnvironment $emulator @{ BROWSER = Get-ScriptedBrowser }
        $wrong = @{ ApplicationId = $confidential; Credential = Get-ApplicationCredential 'wrong'; ServicePrincipal = $true; Tenant = $Contoso; Scopes = $graphDefault }
    }

    It 'is non-terminating, with the parameter set''s error id and all that Entra said as data' {
        & $Command @wrong -ErrorAction SilentlyContinue -ErrorVariable failure
        $failure.Count | Should -Be 1
        $failure[0].FullyQualifiedErrorId | Should -Be "ServicePrincipalTokenError,$Command"
        $failure[0].CategoryInfo.Category | Should -Be 'AuthenticationError'
        $failure[0].TargetObject | Should -Be $graphDefault
        $failure[0].Exception.Message | Should -Match '^AADSTS7000215: .+ \(correlation id [0-9a-f-]{36}\) Check the client secret'
        $data = $failure[0].Exception.Data
        $data['Code'] | Should -Be 'InvalidClient'
        $data['Aadsts'] | Should -Be 7000215
        $data['OAuthError'] | Should -Be 'invalid_client'
        $data['CorrelationId'] | Should -Match '^[0-9a-f-]{36}$'
        $data['Timestamp'] | Should -BeOfType [DateTimeOffset]
        $data['Retryable'] | Should -BeFalse
    }

    It 'is terminating with -ErrorAction Stop, and where the script''s preference says so' {
        { & $Command @wrong -ErrorAction Stop } | Should -Throw -ErrorId "ServicePrincipalTokenError,$Command"
        $ErrorActionPreference = 'Stop'
        { & $Command @wrong } | Should -Throw -ErrorId "ServicePrincipalTokenError,$Command"
    }

    It 'names the parameter at fault: <Parameter>' -ForEach @(
        @{ Parameter = 'ApplicationId'; Given = @{ ApplicationId = 'nobody'; Scopes = 'https://graph.microsoft.com/User.Read' } }
        @{ Parameter = 'Scopes'; Given = @{ ApplicationId = '9ab11c00-0000-4000-8000-000000000003'; Scopes = 'two scopes' } }
        @{ Parameter = 'Tenant'; Given = @{ ApplicationId = '9ab11c00-0000-4000-8000-000000000003'; Scopes = 'openid'; Tenant = 'no tenant' } }
    ) {
        & $Command @Given -ErrorAction SilentlyContinue -ErrorVariable failure
        $failure[0].FullyQualifiedErrorId | Should -Be "UserTokenError,$Command"
        $failure[0].CategoryInfo.Category | Should -Be 'InvalidArgument'
        $failure[0].Exception.Data['Code'] | Should -Be 'InvalidParameter'
        $failure[0].Exception.Data['Parameter'] | Should -Be $Parameter
    }

    It 'says that a credential without a client id or without a secret is of no use' {
        $nobody = Get-ApplicationCredential -UserName 'not an id'
        & $Command -Credential $nobody -RefreshToken x -Scopes $userRead -ErrorAction SilentlyContinue -ErrorVariable failure
        $failure[0].Exception.Data['Parameter'] | Should -Be 'Credential'
        $failure[0].Exception.Message | Should -BeLike 'Parameter Credential: the user name is no client id (a GUID).*'
        $wrong.Credential = [pscredential]::Empty
        & $Command @wrong -ErrorAction SilentlyContinue -ErrorVariable failure
        $failure[0].Exception.Message | Should -BeLike 'Parameter Credential: the password is empty.*'
    }
}

Describe 'The secret in -Credential of <Command>' -ForEach $both {
    BeforeEach { Set-TestEnvironment $emulator @{ BROWSER = Get-ScriptedBrowser } }

    It 'shows nowhere: not in verbose, debug or errors, in no process''s arguments or environment' {
        # One that the application has, and one that it hasn't.
        $secrets = 'Confidential-Secret~1', 'Never-Seen~"\Secret-2'
        $kept = Get-KeptRefreshToken -OfApplication
        & (Get-Module EntraTokenBridge) { Close-TokenEngine (Get-EngineHost) }
        $said = foreach ($secret in $secrets) {
            $given = @{ Credential = Get-ApplicationCredential $secret; Scopes = $userRead; Tenant = $Contoso; Verbose = $true; Debug = $true; ErrorAction = 'Continue' }
            & $Command @given -RefreshToken $kept *>&1
            & $Command @given -ApplicationId $confidential -ServicePrincipal -UseAuthorizationCode *>&1
            $given.Scopes = $graphDefault
            & $Command @given -ApplicationId $confidential -ServicePrincipal *>&1
        }
        @($said | Where-Object { $_ -is [System.Management.Automation.ErrorRecord] }).Count | Should -Be 3
        @($said | Where-Object { $_ -is [System.Management.Automation.VerboseRecord] }).Count | Should -BeGreaterThan 0
        @($said | Where-Object { $_ -is [System.Management.Automation.DebugRecord] }).Count | Should -BeGreaterThan 10
        $text = (Get-SaidText $said) + (Get-ProcessText)
        $text | Should -Match 'oauth2/v2\.0/token'
        foreach ($secret in $secrets + $kept) { $text.Contains($secret) | Should -BeFalse -Because 'it is a secret' }
        foreach ($secret in $secrets) { $text.Contains([uri]::EscapeDataString($secret)) | Should -BeFalse -Because 'it is a secret' }
        $text | Should -Not -Match 'Never-Seen'
    }
}

Describe 'Tab completion of <Command>' -ForEach $both {
    It 'offers <First> for <Typed>' -ForEach @(
        @{ Typed = '-Scopes https://graph.microsoft.com/.'; First = 'https://graph.microsoft.com/.default' }
        @{ Typed = '-Scopes partnercenter.microsoft.com/user'; First = 'https://api.partnercenter.microsoft.com/user_impersonation' }
        @{ Typed = '-Scopes offline'; First = 'offline_access' }
        @{ Typed = "-Scopes 'offline"; First = "'offline_access'" }
        @{ Typed = '-Environment AzureU'; First = 'AzureUSGovernment' }
    ) {
        $line = "$Command $Typed"
        (TabExpansion2 $line $line.Length).CompletionMatches[0].CompletionText | Should -Be $First
    }
}
