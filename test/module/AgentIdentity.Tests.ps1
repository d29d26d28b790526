# Get-EntraBetaAgentIdentityToken, with all that it is given by parameters. What comes from the session is tested in
# AgentIdentityContext.Tests.ps1, certificates in PartnerCertificate.Tests.ps1, parallel callers in ParallelCallers.Tests.ps1.
BeforeAll {
    Import-Module "$PSScriptRoot/TestSession.psm1" -Force
    Import-Module $ModuleFile -Force

    $emulator = Start-TestEmulator '--scripted-user', $Alice
    $graphDefault = 'https://graph.microsoft.com/.default'
    $agentUser = 'invoice.agent@contoso.onmicrosoft.com'
    $agentUserId = 'a9e47000-0000-4000-8000-0000000000f1'

    # What a person's program has got for the agent.
    function Get-UserToken {
        param($Scopes = "api://$Blueprint/access_agent")

        $env:BROWSER = Get-ScriptedBrowser
        (New-PartnerAccessToken -ApplicationId 'c1ae0700-0000-4000-8000-00000000000b' -Tenant $Contoso -Scopes $Scopes -ErrorAction Stop).AccessToken
    }
}
AfterAll {
    Remove-Module EntraTokenBridge
    Stop-TestEmulator $emulator
}

Describe 'Get-EntraBetaAgentIdentityToken' {
    BeforeEach {
        Set-TestEnvironment $emulator
        & (Get-Module EntraTokenBridge) { Close-TokenEngine (Get-EngineHost) } # Nothing has been asked for yet.
        Clear-RequestLog $emulator
        $agent = Get-AgentParameter
    }

    It 'returns the agent identity''s own token as a string, and nothing else' {
        $said = @(Get-EntraBetaAgentIdentityToken @agent *>&1)
        $said.Count | Should -Be 1
        $said[0] | Should -BeOfType [string]
        $claims = Get-Claim $said[0]
        $claims.appid | Should -Be $InvoiceAgent
        $claims.aud | Should -Be 'https://graph.microsoft.com'
        $claims.roles | Should -Be 'User.Read.All'
        $claims.xms_par_app_azp | Should -Be $Blueprint
        Get-AgentStep $emulator | Should -Be 'parent', 'client_credentials'
    }

    It 'returns a token on behalf of the user with -Mode OBO' {
        $call = Get-UserToken
        $token = Get-EntraBetaAgentIdentityToken @agent -Mode OBO -UserToken $call -Scope https://graph.microsoft.com/User.Read
        $claims = Get-Claim $token
        $claims.upn | Should -Be $Alice
        $claims.appid | Should -Be $InvoiceAgent
        -split $claims.scp | Should -Contain 'User.Read'
    }

    It 'returns a token of the agent''s user account with -Mode AutonomousUser, by its name and by its id' {
        foreach ($account in @{ UserUpn = $agentUser }, @{ UserId = $agentUserId }) {
            $claims = Get-Claim (Get-EntraBetaAgentIdentityToken @agent @account -Mode AutonomousUser)
            $claims.oid | Should -Be $agentUserId
            $claims.appid | Should -Be $InvoiceAgent
        }
    }

    It 'takes the mode in any case, and names it as it is written in an error' {
        (Get-Claim (Get-EntraBetaAgentIdentityToken @agent -Mode autonomoususer -UserUpn $agentUser)).oid | Should -Be $agentUserId
        { Get-EntraBetaAgentIdentityToken @agent -Mode obo } | Should -Throw -ErrorId 'OBOTokenError,Get-EntraBetaAgentIdentityToken'
    }

    It 'asks for the scope that is given' {
        (Get-Claim (Get-EntraBetaAgentIdentityToken @agent -Scope 'https://vault.azure.net/.default')).aud | Should -Be 'https://vault.azure.net'
    }

    It 'takes a domain, and -Tenant for -TenantId' {
        $agent.Remove('TenantId')
        (Get-Claim (Get-EntraBetaAgentIdentityToken @agent -Tenant contoso.onmicrosoft.com)).tid | Should -Be $Contoso
    }

    It 'returns a SecureString with -AsSecureString' {
        $token = Get-EntraBetaAgentIdentityToken @agent -AsSecureString
        $token | Should -BeOfType [securestring]
        [System.Net.NetworkCredential]::new('', $token).Password | Should -BeExactly (Get-EntraBetaAgentIdentityToken @agent)
    }

    It 'hands out what is there already, shares the parent token between modes, and asks for all of it with -Force' {
        $first = Get-EntraBetaAgentIdentityToken @agent
        Get-EntraBetaAgentIdentityToken @agent | Should -BeExactly $first
        Get-AgentStep $emulator | Should -Be 'parent', 'client_credentials'
        $null = Get-EntraBetaAgentIdentityToken @agent -Scope 'https://vault.azure.net/.default'
        Get-AgentStep $emulator | Should -Be 'parent', 'client_credentials', 'client_credentials'
        Clear-RequestLog $emulator
        $null = Get-EntraBetaAgentIdentityToken @agent -Force
        Get-AgentStep $emulator | Should -Be 'parent', 'client_credentials'
    }

    It 'answers a claims challenge past what is kept' {
        $first = Get-EntraBetaAgentIdentityToken @agent
        $answer = Get-EntraBetaAgentIdentityToken @agent -Claim '{"access_token":{"acrs":{"essential":true,"value":"c1"}}}'
        $answer | Should -Not -Be $first
        (Get-Claim $answer).acrs | Should -Be 'c1'
    }

    It 'asks again when another secret is given: nothing that the old one led to is handed out' {
        $null = Get-EntraBetaAgentIdentityToken @agent
        $agent.BlueprintSecret = Get-SecureText 'wrong'
        $failure = Get-Failure { Get-EntraBetaAgentIdentityToken @agent }
        $failure.Exception.Data['Aadsts'] | Should -Be 7000215
        $failure.Exception.Data['Parameter'] | Should -Be 'BlueprintSecret'
    }

    It 'proves the blueprint by a managed identity: no secret is needed' {
        $agent.Remove('BlueprintSecret')
        $token = Get-EntraBetaAgentIdentityToken @agent -BlueprintManagedIdentity 'a5516000-0000-4000-8000-000000000002'
        (Get-Claim $token).appid | Should -Be $InvoiceAgent
        # The blueprint doesn't trust the one of the machine itself.
        $failure = Get-Failure { Get-EntraBetaAgentIdentityToken @agent -BlueprintManagedIdentity systemassigned }
        $failure.Exception.Data['Parameter'] | Should -Be 'BlueprintManagedIdentity'
        $failure.Exception.Data['Code'] | Should -Be 'InvalidClient'
    }

    It 'warns of a parameter that the mode has no use for' {
        $null = Get-EntraBetaAgentIdentityToken @agent -UserUpn $agentUser -WarningVariable warned -WarningAction SilentlyContinue
        $warned.Message | Should -Be '-UserUpn counts in -Mode AutonomousUser only. It was left out.'
    }

    It 'offers <First> for <Typed>' -ForEach @(
        @{ Typed = '-Mode '; First = 'AutonomousApp', 'OBO', 'AutonomousUser' }
        @{ Typed = '-Mode Auto'; First = 'AutonomousApp', 'AutonomousUser' }
        @{ Typed = '-Scope https://graph.microsoft.com/.'; First = 'https://graph.microsoft.com/.default' }
        @{ Typed = '-BlueprintManagedIdentity '; First = 'SystemAssigned' }
        @{ Typed = '-Environment AzureU'; First = 'AzureUSGovernment' }
    ) {
        $line = "Get-EntraBetaAgentIdentityToken $Typed"
        (TabExpansion2 $line $line.Length).CompletionMatches.CompletionText | Sort-Object | Should -Be ($First | Sort-Object)
    }
}

Describe 'What Get-EntraBetaAgentIdentityToken is not given' {
    BeforeEach {
        Set-TestEnvironment $emulator
        Clear-RequestLog $emulator
        $agent = Get-AgentParameter
    }

    It '<Parameter> is an error of its own, before anybody is asked' -ForEach @(
        @{ Parameter = 'BlueprintAppId'; Message = 'No blueprint: give its application id as -BlueprintAppId*' }
        @{ Parameter = 'AgentIdentityAppId'; Message = 'No agent identity: give its application id as -AgentIdentityAppId*' }
        @{ Parameter = 'BlueprintSecret'; Message = 'The blueprint has nothing to prove itself with: give -BlueprintSecret*' }
        @{ Parameter = 'TenantId'; Message = 'No tenant: give its id or domain as -TenantId*' }
    ) {
        $agent.Remove($Parameter)
        $failure = Get-Failure { Get-EntraBetaAgentIdentityToken @agent }
        $failure.FullyQualifiedErrorId | Should -Be 'AutonomousAppTokenError,Get-EntraBetaAgentIdentityToken'
        $failure.Exception.Data['Code'] | Should -Be 'MissingParameter'
        $failure.Exception.Data['Parameter'] | Should -Be $Parameter
        $failure.Exception.Message | Should -BeLike $Message
        $failure.CategoryInfo.Category | Should -Be 'InvalidArgument'
        Get-AgentStep $emulator | Should -BeNullOrEmpty
    }

    It '<Parameter> in the mode <Mode> is an error of its own, before anybody is asked' -ForEach @(
        @{ Mode = 'OBO'; Parameter = 'UserToken'; Message = 'The mode OBO needs the user''s token: give it as -UserToken.' }
        @{ Mode = 'AutonomousUser'; Parameter = 'UserUpn'; Message = 'The mode AutonomousUser needs the agent''s user account: give -UserUpn or -UserId.' }
    ) {
        $failure = Get-Failure { Get-EntraBetaAgentIdentityToken @agent -Mode $Mode }
        $failure.FullyQualifiedErrorId | Should -Be "${Mode}TokenError,Get-EntraBetaAgentIdentityToken"
        $failure.Exception.Data['Code'] | Should -Be 'MissingParameter'
        $failure.Exception.Data['Parameter'] | Should -Be $Parameter
        $failure.Exception.Message | Should -Be $Message
        Get-AgentStep $emulator | Should -BeNullOrEmpty
    }

    It 'is not taken from the session where an empty value is given: <_>' -ForEach 'BlueprintAppId', 'AgentIdentityAppId', 'TenantId', 'BlueprintManagedIdentity', 'BlueprintSecret', 'BlueprintCertificateThumbprint' {
        Set-EntraBetaAgentIdentityContext @agent
        try {
            $empty = @{ $_ = $null }
            $failure = Get-Failure { Get-EntraBetaAgentIdentityToken @empty }
        }
        finally { Clear-EntraBetaAgentIdentityContext }
        $failure.Exception.Data['Code'] | Should -BeIn 'InvalidParameter', 'MissingParameter'
        $failure.Exception.Data['Parameter'] | Should -Be $_
    }
}

Describe 'What Get-EntraBetaAgentIdentityToken is given wrongly' {
    BeforeEach {
        Set-TestEnvironment $emulator
        $agent = Get-AgentParameter
    }

    It 'is said before anybody is asked: <What>' -ForEach @(
        @{ What = 'two proofs of the blueprint'; Given = @{ BlueprintManagedIdentity = 'SystemAssigned' }; Code = 'InvalidParameterCombination'; Parameter = 'BlueprintSecret' }
        @{ What = 'no thumbprint'; Given = @{ BlueprintCertificateThumbprint = 'no thumbprint' }; Code = 'InvalidParameter'; Parameter = 'BlueprintCertificateThumbprint' }
        @{ What = 'a user token that is none'; Given = @{ Mode = 'OBO'; UserToken = 'no token' }; Code = 'InvalidParameter'; Parameter = 'UserToken' }
        @{ What = 'a name that is none'; Given = @{ Mode = 'AutonomousUser'; UserUpn = 'nobody' }; Code = 'InvalidParameter'; Parameter = 'UserUpn' }
        @{ What = 'scopes that are none'; Given = @{ Scope = 'a "b' }; Code = 'InvalidParameter'; Parameter = 'Scope' }
    ) {
        Clear-RequestLog $emulator
        $failure = Get-Failure { Get-EntraBetaAgentIdentityToken @agent @Given }
        $failure.Exception.Data['Code'] | Should -Be $Code
        $failure.Exception.Data['Parameter'] | Should -Be $Parameter
        Get-AgentStep $emulator | Should -BeNullOrEmpty
    }

    It 'has the code for its error id where two parameters exclude each other: <Names>' -ForEach @(
        @{ Names = '-UserUpn and -UserId'; Given = @{ Mode = 'AutonomousUser'; UserUpn = 'agent@contoso.com'; UserId = 'a9e47000-0000-4000-8000-0000000000ff' } }
        @{ Names = '-BlueprintSecret and -BlueprintManagedIdentity'; Given = @{ BlueprintManagedIdentity = 'SystemAssigned' } }
    ) {
        $failure = Get-Failure { Get-EntraBetaAgentIdentityToken @agent @Given }
        $failure.FullyQualifiedErrorId | Should -Be 'InvalidParameterCombination,Get-EntraBetaAgentIdentityToken'
        $failure.Exception.Message | Should -BeLike '*leave * out.'
    }

    It 'is said of a user token for another audience, before anybody is asked' {
        $call = Get-UserToken 'https://graph.microsoft.com/User.Read'
        Clear-RequestLog $emulator
        $failure = Get-Failure { Get-EntraBetaAgentIdentityToken @agent -Mode OBO -UserToken $call }
        $failure.Exception.Data['Parameter'] | Should -Be 'UserToken'
        $failure.Exception.Message | Should -BeLike 'Parameter UserToken: *'
        Get-AgentStep $emulator | Should -BeNullOrEmpty
    }

    It 'is said by Entra of <What>, with the parameter at fault' -ForEach @(
        @{ What = 'an unknown agent identity'; Given = @{ AgentIdentityAppId = 'a9e47000-0000-4000-8000-0000000000ff' }; Parameter = 'AgentIdentityAppId'; Code = 'ApplicationNotFound'; Aadsts = 700016 }
        @{ What = 'a disabled one'; Given = @{ AgentIdentityAppId = 'a9e47000-0000-4000-8000-00000000000a' }; Parameter = 'AgentIdentityAppId'; Code = 'InvalidClient'; Aadsts = 7000112 }
        @{ What = 'an unknown tenant'; Given = @{ TenantId = '99999999-9999-4999-8999-999999999999' }; Parameter = 'TenantId'; Code = 'InvalidTenant'; Aadsts = 90002 }
    ) {
        foreach ($name in $Given.Keys) { $agent[$name] = $Given[$name] }
        $failure = Get-Failure { Get-EntraBetaAgentIdentityToken @agent }
        $failure.Exception.Data['Parameter'] | Should -Be $Parameter
        $failure.Exception.Data['Code'] | Should -Be $Code
        $failure.Exception.Data['Aadsts'] | Should -Be $Aadsts
        $failure.TargetObject | Should -Be $agent.AgentIdentityAppId
    }
}

Describe 'An error of Get-EntraBetaAgentIdentityToken' {
    BeforeEach { Set-TestEnvironment $emulator }

    It 'ends the script that does not catch it, as it always did' {
        $shell = [powershell]::Create().AddScript("Import-Module '$ModuleFile'; Get-EntraBetaAgentIdentityToken; 'went on'")
        try { { $shell.Invoke() } | Should -Throw '*No blueprint*' }
        finally { $shell.Dispose() }
    }

    It 'can be caught, with all that is known of it' {
        $went = 'nowhere'
        try { Get-EntraBetaAgentIdentityToken; $went = 'on' } catch { $went = $_.Exception.Data['Code'] }
        $went | Should -Be 'MissingParameter'
    }

    It 'lets the script go on where -ErrorAction or its preference says so: <How>' -ForEach @(
        @{ How = '-ErrorAction Continue'; Call = { Get-EntraBetaAgentIdentityToken -ErrorAction Continue -ErrorVariable failure 2>$null; $failure } }
        @{ How = '-ErrorAction SilentlyContinue'; Call = { Get-EntraBetaAgentIdentityToken -ErrorAction SilentlyContinue -ErrorVariable failure; $failure } }
        @{ How = 'the preference'; Call = { $ErrorActionPreference = 'SilentlyContinue'; Get-EntraBetaAgentIdentityToken -ErrorVariable failure; $failure } }
    ) {
        $failures = @(& $Call)
        $failures.Count | Should -Be 1
        $failures[0].FullyQualifiedErrorId | Should -Be 'AutonomousAppTokenError,Get-EntraBetaAgentIdentityToken'
    }
}

Describe 'Secrets and tokens of Get-EntraBetaAgentIdentityToken' {
    It 'show nowhere: not in verbose, debug or errors, in no process''s arguments or environment' {
        Set-TestEnvironment $emulator
        & (Get-Module EntraTokenBridge) { Close-TokenEngine (Get-EngineHost) }
        # One that the blueprint has, and one that it hasn't.
        $secrets = 'Blueprint-Secret~1', 'Never-Seen~"\Secret-2'
        $call = Get-UserToken
        $agent = Get-AgentParameter
        $loud = @{ Verbose = $true; Debug = $true; ErrorAction = 'Continue' }
        $tokens = @($call)
        $said = foreach ($secret in $secrets) {
            $agent.BlueprintSecret = Get-SecureText $secret
            Set-EntraBetaAgentIdentityContext @agent
            foreach ($mode in @{ Mode = 'AutonomousApp' }, @{ Mode = 'OBO'; UserToken = $call }, @{ Mode = 'AutonomousUser'; UserUpn = $agentUser }) {
                Get-EntraBetaAgentIdentityToken @mode @loud *>&1
                Get-EntraBetaAgentIdentityToken @agent @mode @loud *>&1
            }
            Get-EntraBetaAgentIdentityContext | Format-List * | Out-String -Width 4096
        }
        Clear-EntraBetaAgentIdentityContext
        $tokens += @($said | Where-Object { $_ -is [string] -and $_ -match '^eyJ' })
        $tokens.Count | Should -Be 7
        $told = @($said | Where-Object { $_ -isnot [string] -or $_ -notmatch '^eyJ' })
        @($told | Where-Object { $_ -is [System.Management.Automation.ErrorRecord] }).Count | Should -Be 6
        @($told | Where-Object { $_ -is [System.Management.Automation.DebugRecord] }).Count | Should -BeGreaterThan 10
        @($told | Where-Object { "$_" -eq 'BlueprintSecret comes from Set-EntraBetaAgentIdentityContext.' }).Count | Should -Be 6
        $text = (Get-SaidText $told) + (Get-ProcessText)
        $text | Should -Match 'oauth2/v2\.0/token'
        foreach ($secret in $secrets) {
            $text.Contains($secret) | Should -BeFalse -Because 'it is a secret'
            $text.Contains([uri]::EscapeDataString($secret)) | Should -BeFalse -Because 'it is a secret'
        }
        foreach ($token in $tokens) { $text.Contains($token.Split('.')[2]) | Should -BeFalse -Because 'it is a token' }
        $text | Should -Not -Match 'Never-Seen'
    }
}

Describe 'docs/agent-identity.md' {
    It 'has PowerShell that runs as it stands, with a vault, a request and Microsoft Entra PowerShell stood in for' -Skip:($PSVersionTable.PSVersion.Major -lt 7) {
        $page = [System.IO.File]::ReadAllText([System.IO.Path]::Combine($Root, 'docs', 'agent-identity.md'))
        $blocks = @([regex]::Matches($page, '(?ms)^```powershell\r?\n(.*?)^```') | ForEach-Object { $_.Groups[1].Value })
        $blocks.Count | Should -BeGreaterThan 6
        Set-TestEnvironment $emulator
        $request = @{ Headers = @{ Authorization = "Bearer $(Get-UserToken)" } }
        function Get-Secret { Get-SecureText 'Blueprint-Secret~1' }
        function Connect-Entra { $null = $args }
        function Invoke-EntraBetaAgentIdInteractive { Set-EntraBetaAgentIdentityContext @agent }
        function Invoke-RestMethod { $script:headers = $args[2] }
        try {
            foreach ($block in $blocks) {
                foreach ($name in 'token', 'app', 'user', 'other', 'tokens') { Set-Variable $name 'eyJ.eyJhcHBpZCI6Im5vYm9keSJ9.' }
                $said = . ([scriptblock]::Create($block.Replace('Import-Module EntraTokenBridge', "Import-Module '$ModuleFile'")))
                if ($block -match '\$tokens') {
                    $tokens.Count | Should -Be 200
                    @($tokens | Select-Object -Unique).Count | Should -Be 2
                }
                elseif ($block -match '^try') { $said | Should -Be 'InvalidParameter', 'UserToken' }
                elseif ($block -match '\$other') {
                    (Get-Claim $app).appid, (Get-Claim $user).upn | Should -Be $InvoiceAgent, $Alice
                    (Get-Claim $other).appid | Should -Be 'a9e47000-0000-4000-8000-000000000009'
                    $said.BlueprintCredential | Should -Be 'BlueprintSecret'
                }
                else { (Get-Claim $token).appid | Should -Be $InvoiceAgent -Because $block }
            }
            $headers.Authorization | Should -BeLike 'Bearer eyJ*'
        }
        finally { Clear-EntraBetaAgentIdentityContext }
    }
}
