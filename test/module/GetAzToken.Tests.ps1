BeforeAll {
    Import-Module "$PSScriptRoot/TestSession.psm1" -Force
    Import-Module $ModuleFile -Force
    $emulator = Start-TestEmulator
}
AfterAll {
    Remove-Module EntraTokenBridge
    Stop-TestEmulator $emulator
}

Describe 'Get-AzToken without a switch' {
    BeforeEach {
        Set-TestEnvironment $emulator (Get-ApplicationVariable)
        Clear-RequestLog $emulator
    }

    It 'gets a token with the secret in the environment' {
        $token = Get-AzToken -Force
        $token.TenantId | Should -Be $Contoso
        $token.Claims['aud'][0] | Should -Be 'https://graph.microsoft.com'
        $token.Claims['roles'] | Should -Contain 'User.Read.All'
        $token.Claims.Contains('roles') | Should -BeTrue
        $token.Claims.Contains('scp') | Should -BeFalse
    }

    It 'hands out an object with the properties and types that scripts know' {
        $token = Get-AzToken
        $token.PSObject.TypeNames[0] | Should -Be 'EntraTokenBridge.AzToken'
        $token.PSObject.TypeNames | Should -Contain 'PipeHow.AzAuth.AzToken'
        $token.PSObject.Properties.Name | Should -Be 'Token', 'ExpiresOn', 'Identity', 'TenantId', 'Scopes', 'Claims'
        $token.Token | Should -BeOfType [string]
        $token.ExpiresOn | Should -BeOfType [DateTimeOffset]
        $token.ExpiresOn | Should -BeGreaterThan ([DateTimeOffset]::UtcNow.AddMinutes(50))
        , $token.Scopes | Should -BeOfType [string[]]
        $token.Scopes | Should -Be '.default'
    }

    It 'hands out what its caller may change without changing anybody else''s' {
        $mine = Get-AzToken
        $mine.Token = $mine.Identity = 'mine'
        $mine.Scopes[0] = 'mine'
        { $mine.Claims['tid'][0] = 'mine' } | Should -Throw
        { $mine.Claims['tid'] = 'mine' } | Should -Throw
        $next = Get-AzToken
        $next.Token, $next.Identity, $next.Scopes[0], $next.Claims['tid'][0] | Should -Not -Contain 'mine'
    }

    It 'is its token as text, for a header' {
        $token = Get-AzToken
        "Bearer $token" | Should -Be "Bearer $($token.Token)"
        $token.Token.Split('.').Count | Should -Be 3
    }

    It 'never shows the token on the screen' {
        $token = Get-AzToken
        $shown = $token | Out-String
        $shown | Should -Not -Match 'eyJ'
        $shown | Should -Match 'ExpiresOn'
        ($token | Format-Table | Out-String) | Should -Not -Match 'eyJ'
    }

    It 'survives ConvertTo-Json and Export-Clixml' {
        $token = Get-AzToken
        ($token | ConvertTo-Json -Depth 4 | ConvertFrom-Json).Token | Should -Be $token.Token
        $file = Join-Path $TestDrive 'token.xml'
        $token | Export-Clixml $file
        $copy = Import-Clixml $file
        $copy.Token | Should -Be $token.Token
        "$($copy.ExpiresOn)" | Should -Be "$($token.ExpiresOn)"
        $copy.Claims['tid'] | Should -Be $Contoso
    }

    It 'has the token as SecureString with -AsSecureString' {
        $token = Get-AzToken -AsSecureString
        $token.Token | Should -BeOfType [securestring]
        [System.Net.NetworkCredential]::new('', $token.Token).Password | Should -Be (Get-AzToken).Token
    }

    It 'serves a cached token without a request, and asks anew with <Name>' -ForEach @(
        @{ Name = '-Force'; Parameters = @{ Force = $true } }
        @{ Name = '-Claim'; Parameters = @{ Claim = '{"access_token":{"nbf":{"essential":true}}}' } }
    ) {
        $null = Get-AzToken
        Clear-RequestLog $emulator
        $null = Get-AzToken
        Get-TokenRequestCount $emulator | Should -Be 0
        $null = Get-AzToken @Parameters
        Get-TokenRequestCount $emulator | Should -Be 1
    }

    It 'follows the environment of the moment: a secret that was changed is the one that counts' {
        $null = Get-AzToken
        $null = Get-AzToken # a cached one
        $env:AZURE_CLIENT_SECRET = 'wrong'
        Get-AzToken -ErrorAction SilentlyContinue -ErrorVariable failure | Should -BeNullOrEmpty
        $failure[0].Exception.Data['Aadsts'] | Should -Be 7000215
        $env:AZURE_CLIENT_SECRET = 'Confidential-Secret~1'
        Get-AzToken | Should -Not -BeNullOrEmpty
    }

    It 'takes resource and scope by position, and the tenant as -Tenant' {
        $token = Get-AzToken 'api://contoso-orders' '.default' -Tenant 'contoso.onmicrosoft.com'
        $token.Claims['roles'] | Should -Be 'Orders.Read.All'
    }

    It 'tells with -Verbose which source had the token, and never the secret' {
        $lines = Get-AzToken -Force -Verbose -Debug 4>&1 5>&1 |
            Where-Object { $_ -is [System.Management.Automation.InformationalRecord] } | Out-String
        $lines | Should -Match 'Environment variables has a token'
        $lines | Should -Match 'oauth2/v2.0/token'
        $lines | Should -Not -Match 'Confidential-Secret'
        $lines | Should -Not -Match 'eyJ'
    }

    # Windows PowerShell asks after each debug line, whoever writes it.
    Context 'with -Debug' -Skip:($PSVersionTable.PSVersion.Major -lt 6) {
        It 'asks nothing by itself, and shows what goes on in the network' {
            # PowerShell takes -Debug for a wish to be asked after each verbose message that a cmdlet's methods write.
            $shell = [powershell]::Create()
            $null = $shell.AddScript("Import-Module '$ModuleFile'; Get-AzToken -Force -Debug -ErrorAction Stop")
            $shell.Invoke()[0].TenantId | Should -Be $Contoso
            ($shell.Streams.Debug | Out-String) | Should -Match 'oauth2/v2.0/token'
            $shell.Streams.Verbose.Count | Should -Be 0
            $shell.Dispose()
        }

        It 'warns as -WarningAction and -WarningVariable say' {
            $asked = @{ ManagedIdentity = $true; Scope = 'User.Read'; Debug = $true; Force = $true; ErrorAction = 'Stop' }
            $shown = Get-AzToken @asked -WarningVariable kept 3>&1 5>$null
            $shown[0].Message | Should -Match 'Scope User.Read was left out'
            $shown[1].TenantId | Should -Be $Contoso
            $kept.Count | Should -Be 1
            @(Get-AzToken @asked -WarningAction SilentlyContinue -WarningVariable kept 3>&1 5>$null).Count | Should -Be 1
            $kept.Count | Should -Be 1
            { Get-AzToken @asked -WarningAction Stop 3>$null 5>$null } | Should -Throw -ErrorId 'ActionPreferenceStop,Get-AzToken'
        }
    }

    It 'goes by none of the session''s variables that happen to have the name of one of its own' {
        $folder = [System.IO.Path]::GetDirectoryName($ModuleFile)
        $names = Get-ChildItem $folder -Recurse -Filter *.ps1 | Select-String '\$script:(\w+)' | ForEach-Object { $_.Matches[0].Groups[1].Value }
        $names | Should -Contain 'EngineHost'
        $shell = [powershell]::Create()
        $null = $shell.AddScript({
                param($Names, $Module)
                foreach ($name in $Names) { Set-Variable $name 'the session''s own' -Scope Global }
                Import-Module $Module
                (Get-AzToken -ErrorAction Stop).TenantId
                (Get-AzToken -ErrorAction Stop).TenantId
            }).AddArgument(@($names | Select-Object -Unique)).AddArgument($ModuleFile)
        $shell.Invoke() | Should -Be $Contoso, $Contoso
        $shell.Streams.Error.Count | Should -Be 0
        $shell.Dispose()
    }

    It 'takes <Name> as no switch, as from a script that hands its own one on' -ForEach @(
        @{ Name = '-Interactive:$false'; Given = @{ Interactive = $false } }
        @{ Name = '-ManagedIdentity:$false'; Given = @{ ManagedIdentity = $false } }
    ) {
        $plain = Get-AzToken
        (Get-AzToken @Given).Token | Should -Be $plain.Token
        (Get-AzToken @Given -Force).Identity | Should -Be $plain.Identity
        Get-AzToken @Given -Resource '::' -ErrorAction SilentlyContinue -ErrorVariable failure
        $failure[0].FullyQualifiedErrorId | Should -Be 'NonInteractiveTokenError,Get-AzToken'
    }

    It 'is silent without -Verbose' {
        $all = Get-AzToken -Force *>&1
        @($all).Count | Should -Be 1
    }
}

Describe 'An error of Get-AzToken' {
    BeforeEach { Set-TestEnvironment $emulator (Get-ApplicationVariable 'wrong') }

    It 'is non-terminating, with the flow''s error id and all that Entra said as data' {
        $after = $false
        Get-AzToken -ErrorAction SilentlyContinue -ErrorVariable failure
        $after = $true
        $after | Should -BeTrue
        $failure.Count | Should -Be 1
        $failure[0].FullyQualifiedErrorId | Should -Be 'NonInteractiveTokenError,Get-AzToken'
        $failure[0].CategoryInfo.Category | Should -Be 'AuthenticationError'
        $failure[0].TargetObject | Should -Be 'https://graph.microsoft.com'
        $failure[0].Exception.Message | Should -Match '^Environment variables: AADSTS7000215: .+ \(correlation id [0-9a-f-]{36}\) Check the client secret: its value is needed, not its id\.$'
        $data = $failure[0].Exception.Data
        $data['Code'] | Should -Be 'InvalidClient'
        $data['Aadsts'] | Should -Be 7000215
        $data['OAuthError'] | Should -Be 'invalid_client'
        $data['CorrelationId'] | Should -Match '^[0-9a-f-]{36}$'
        $data['Timestamp'] | Should -BeOfType [DateTimeOffset]
        $data['Retryable'] | Should -BeFalse
        $data['Steps'][-1].Outcome | Should -Be 'failed'
    }

    It 'is terminating with -ErrorAction Stop' {
        { Get-AzToken -ErrorAction Stop } | Should -Throw -ErrorId 'NonInteractiveTokenError,Get-AzToken'
    }

    It 'is terminating where the script''s $ErrorActionPreference says so' {
        $ErrorActionPreference = 'Stop'
        { Get-AzToken } | Should -Throw -ErrorId 'NonInteractiveTokenError,Get-AzToken'
    }

    It 'names the parameter at fault' {
        Get-AzToken -TenantId 'no tenant' -ErrorAction SilentlyContinue -ErrorVariable failure
        $failure[0].CategoryInfo.Category | Should -Be 'InvalidArgument'
        $failure[0].Exception.Message | Should -Be "Parameter TenantId: 'no tenant' is no tenant. Give its id (a GUID) or one of its domains, such as contoso.onmicrosoft.com."
        $failure[0].Exception.Data['Code'] | Should -Be 'InvalidParameter'
        $failure[0].Exception.Data['Parameter'] | Should -Be 'TenantId'
    }

    It 'tells what every source of the chain said when none has a token' {
        Set-TestEnvironment $emulator @{ AZURE_POD_IDENTITY_AUTHORITY_HOST = 'http://127.0.0.1:9' }
        Get-AzToken -CredentialPrecedence Environment, ManagedIdentity -ErrorAction SilentlyContinue -ErrorVariable failure
        $failure[0].Exception.Data['Code'] | Should -Be 'CredentialUnavailable'
        $lines = $failure[0].Exception.Message -split "`n"
        $lines[0] | Should -Be 'No source has a token for https://graph.microsoft.com. Tried, in this order:'
        $lines[2] | Should -BeLike '  - Environment variables: AZURE_TENANT_ID, AZURE_CLIENT_ID, *'
        $lines[3] | Should -BeLike '  - Managed identity: No managed identity is available here:*'
        $failure[0].Exception.Data['Steps'].Count | Should -Be 3
    }
}

Describe 'Get-AzToken -ManagedIdentity' {
    BeforeDiscovery {
        # Where Arc's agent has its key files. They are taken from nowhere else, so only who may write there can try.
        $noKeys = try { $null = [System.IO.Directory]::CreateDirectory('/var/opt/azcmagent/tokens'); $env:OS -eq 'Windows_NT' } catch { $true }
    }
    BeforeEach { Set-TestEnvironment $emulator }

    Context 'on <Where>' -ForEach @(
        @{ Where = 'a virtual machine'; Path = '/metadata/identity/oauth2/token'; Variables = @{} }
        @{ Where = 'an App Service, Function or Automation account'; Path = '/msi/token'; Variables = @{ IDENTITY_ENDPOINT = '{0}/msi/token'; IDENTITY_HEADER = 'emulator-identity-header' } }
        @{ Where = 'an Arc machine, if its key files can be written'; Skip = $noKeys; Path = '/arc/metadata/identity/oauth2/token'; Variables = @{ IDENTITY_ENDPOINT = '{0}/arc/metadata/identity/oauth2/token'; IMDS_ENDPOINT = '{0}' } }
    ) {
        BeforeEach {
            foreach ($name in $Variables.Keys) { Set-Item "env:$name" ($Variables[$name] -f $emulator.ManagedIdentity) }
            Clear-RequestLog $emulator
        }

        It 'gets the token of the system-assigned identity' -Skip:([bool]$Skip) {
            (Get-AzToken -ManagedIdentity -Force).Claims['xms_mirid'][0] | Should -BeLike '*contoso-runbooks'
            Get-TokenRequestPath $emulator | Select-Object -Unique | Should -Be $Path
        }

        It 'gets the token of the user-assigned identity that -ClientId names' -Skip:([bool]$Skip) {
            $id = 'a5516000-0000-4000-8000-000000000002'
            (Get-AzToken -ManagedIdentity -ClientId $id -Force).Claims['appid'] | Should -Be $id
            Get-TokenRequestPath $emulator | Select-Object -Unique | Should -Be $Path
        }
    }

    It 'warns that a scope is left out' {
        $token = Get-AzToken -ManagedIdentity -Scope Directory.Read.All -WarningVariable warned -WarningAction SilentlyContinue
        $token | Should -Not -BeNullOrEmpty
        $warned | Should -BeLike '*Scope Directory.Read.All was left out; the token is for https://graph.microsoft.com.'
    }

    It 'fails with ManagedIdentityTokenError where there is none' {
        Set-TestEnvironment $emulator @{ AZURE_POD_IDENTITY_AUTHORITY_HOST = 'http://127.0.0.1:9' }
        Get-AzToken -ManagedIdentity -ErrorAction SilentlyContinue -ErrorVariable failure
        $failure[0].FullyQualifiedErrorId | Should -Be 'ManagedIdentityTokenError,Get-AzToken'
        $failure[0].Exception.Data['Code'] | Should -Be 'ManagedIdentityUnavailable'
    }
}

Describe 'Tab completion of Get-AzToken' {
    It 'offers <First> for <Line>' -ForEach @(
        @{ Line = 'Get-AzToken -Resource vault'; First = 'https://vault.azure.net' }
        @{ Line = 'Get-AzToken -Scope Direc'; First = 'Directory.Read.All' }
        @{ Line = 'Get-AzToken -Resource https://vault.azure.net -Scope user'; First = 'user_impersonation' }
        @{ Line = "Get-AzToken -Resource 'vault"; First = "'https://vault.azure.net'" }
        @{ Line = 'Get-AzToken -Scope "Direc'; First = '"Directory.Read.All"' }
        # Scopes of a resource that is known for none, and of one's own.
        @{ Line = 'Get-AzToken -Resource https://servicebus.azure.net -Scope '; First = '.default' }
        @{ Line = 'Get-AzToken -Resource api://contoso-orders -Scope '; First = '.default' }
        @{ Line = "Get-AzToken -Resource api://contoso-orders -Scope '"; First = "'.default'" }
    ) {
        (TabExpansion2 $Line $Line.Length).CompletionMatches[0].CompletionText | Should -Be $First
    }

    It 'has nothing for a word that is no pattern, and leaves no error behind: <_>' -ForEach @(
        "Get-AzToken -Resource 'https://[", "Get-AzToken -Scope 'Mail[", "New-PartnerAccessToken -Scopes 'https://["
    ) {
        $errorsBefore = $Error.Count
        (TabExpansion2 $_ $_.Length).CompletionMatches.Count | Should -Be 0
        $Error.Count | Should -Be $errorsBefore
    }

    It 'offers a resource''s scopes under strict mode too' {
        $shell = [powershell]::Create()
        $line = 'Get-AzToken -Resource api://contoso-orders -Scope '
        $null = $shell.AddScript("Set-StrictMode -Version Latest; Import-Module '$ModuleFile'; (TabExpansion2 '$line' $($line.Length)).CompletionMatches.CompletionText")
        $shell.Invoke() | Should -Be '.default'
        $shell.Dispose()
    }

    It 'works where the module was imported <How>' -ForEach @(
        @{ How = 'with a prefix'; Line = 'Get-OurAzToken -Scope Mail.R'; Import = "Import-Module '{0}' -Prefix Our" }
        @{ How = 'by another module, which hands its command on'; Line = 'Get-AzToken -Scope Mail.R'
            Import = "Import-Module (New-Module {{ Import-Module '{0}'; Export-ModuleMember -Function Get-AzToken }})"
        }
    ) {
        $shell = [powershell]::Create()
        $null = $shell.AddScript("$($Import -f $ModuleFile); (TabExpansion2 '$Line' $($Line.Length)).CompletionMatches.CompletionText")
        $shell.Invoke() | Should -Be 'Mail.Read'
        $shell.Dispose()
    }

    It 'works with two versions of the module in the session' {
        $folder = Join-Path $TestDrive 'EntraTokenBridge'
        Copy-Item ([System.IO.Path]::GetDirectoryName($ModuleFile)) $folder -Recurse
        $manifest = Join-Path $folder 'EntraTokenBridge.psd1'
        [System.IO.File]::WriteAllText($manifest, ([System.IO.File]::ReadAllText($manifest) -replace "(?m)^(\s*ModuleVersion\s*=).*$", '$1 ''0.0.1'''))
        $shell = [powershell]::Create()
        $line = 'Get-AzToken -Resource vault'
        $null = $shell.AddScript("Import-Module '$manifest', '$ModuleFile'; (TabExpansion2 '$line' $($line.Length)).CompletionMatches.CompletionText")
        $shell.Invoke() | Should -Be 'https://vault.azure.net'
        $shell.Dispose()
    }
}
