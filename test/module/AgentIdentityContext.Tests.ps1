# Where Get-EntraBetaAgentIdentityToken has from what it is not given. A small module stands in for Microsoft Entra
# PowerShell: with its name, and with the variables in which that one's commands remember what they have made.
BeforeAll {
    Import-Module "$PSScriptRoot/TestSession.psm1" -Force
    Import-Module $ModuleFile -Force
    $emulator = Start-TestEmulator
    $mailAgent = 'a9e47000-0000-4000-8000-000000000009'
    $fabrikam = '22222222-2222-4222-8222-222222222222'

    function New-StandInModule {
        param($Name, $Text)

        $file = Join-Path $TestDrive "$Name.psm1"
        [System.IO.File]::WriteAllText($file, $Text)
        $file
    }
    # As in a new session of its, nothing is set.
    $applications = @'
function Set-Made {
    param($BlueprintAppId, $AgentIdentityAppId, $Secret)
    if ($BlueprintAppId) { $script:CurrentAgentBlueprintAppId = $BlueprintAppId }
    if ($AgentIdentityAppId) { $script:CurrentAgentIdentityAppId = $AgentIdentityAppId }
    if ($Secret) {
        $script:LastClientSecret = New-Object System.Security.SecureString
        foreach ($character in $Secret.ToCharArray()) { $script:LastClientSecret.AppendChar($character) }
    }
}
'@
    $authentication = @'
$script:Tenant = $null
function Connect-Entra { param($Tenant) $script:Tenant = $Tenant }
function Get-EntraContext {
    [CmdletBinding()] param()
    if ($script:Tenant) { [pscustomobject]@{ TenantId = $script:Tenant; Account = 'alice@contoso.onmicrosoft.com' } }
    else { $null | Add-Member -MemberType NoteProperty -Name EntraPSModuleName -Value x }
}
'@
    $modules = @{}
    foreach ($name in 'Microsoft.Entra.Beta', 'Microsoft.Entra') {
        $modules["$name.Applications"] = New-StandInModule "$name.Applications" $applications
        $modules["$name.Authentication"] = New-StandInModule "$name.Authentication" $authentication
    }
    function Import-StandIn {
        param([string[]] $Name, [switch] $Strict)

        foreach ($one in $Name) {
            $module = Import-Module $modules[$one] -PassThru -Force -Global
            if ($Strict) { & $module { Set-StrictMode -Version 3 } }
            $module
        }
    }

    # The source that -Verbose names for each value.
    function Get-ToldSource {
        param([hashtable] $Given = @{})

        $told = [ordered]@{}
        foreach ($line in Get-EntraBetaAgentIdentityToken @Given -Verbose -ErrorAction SilentlyContinue 4>&1) {
            if ("$line" -match '^(\w+)(?: \S+)? comes from (.+)\.$') { $told[$Matches[1]] = $Matches[2] }
        }
        $told
    }
}
AfterAll {
    Remove-Module EntraTokenBridge
    Stop-TestEmulator $emulator
}
Describe 'What a session has for agent identities:' {
    BeforeEach {
        Set-TestEnvironment $emulator
        Clear-EntraBetaAgentIdentityContext
        $agent = Get-AgentParameter
    }
    AfterEach {
        Get-Module Microsoft.Entra.* | Remove-Module
        Clear-EntraBetaAgentIdentityContext
    }

    Context 'Set-EntraBetaAgentIdentityContext' {
        It 'keeps all that Get-EntraBetaAgentIdentityToken needs, and says nothing' {
            @(Set-EntraBetaAgentIdentityContext @agent *>&1).Count | Should -Be 0
            $claims = Get-Claim (Get-EntraBetaAgentIdentityToken)
            $claims.appid | Should -Be $InvoiceAgent
            $claims.tid | Should -Be $Contoso
        }

        It 'keeps what it is given, and leaves the rest as it was' {
            Set-EntraBetaAgentIdentityContext @agent
            Set-EntraBetaAgentIdentityContext -AgentIdentityAppId $mailAgent
            (Get-Claim (Get-EntraBetaAgentIdentityToken)).appid | Should -Be $mailAgent
        }

        It 'forgets the agent identity and the proof of another blueprint' {
            Set-EntraBetaAgentIdentityContext @agent
            Set-EntraBetaAgentIdentityContext -BlueprintAppId '07be9000-0000-4000-8000-000000000001'
            $context = Get-EntraBetaAgentIdentityContext
            $context.BlueprintAppId | Should -Be '07be9000-0000-4000-8000-000000000001'
            $null -eq $context.AgentIdentityAppId | Should -BeTrue
            $null -eq $context.BlueprintCredential | Should -BeTrue
            $context.TenantId | Should -Be $Contoso
        }

        It 'keeps them when the same blueprint is named again' {
            Set-EntraBetaAgentIdentityContext @agent
            Set-EntraBetaAgentIdentityContext -BlueprintAppId $Blueprint.ToUpperInvariant()
            Get-EntraBetaAgentIdentityToken | Should -Match '^eyJ'
        }

        It 'keeps one proof of the blueprint: <Then> takes the place of <First>' -ForEach @(
            @{ First = 'BlueprintSecret'; Then = 'BlueprintManagedIdentity' }
            @{ First = 'BlueprintManagedIdentity'; Then = 'BlueprintCertificateThumbprint' }
            @{ First = 'BlueprintCertificateThumbprint'; Then = 'BlueprintSecret' }
        ) {
            foreach ($name in $First, $Then) {
                $given = @{ $name = if ($name -eq 'BlueprintSecret') { Get-SecureText 'a secret' } else { 'SystemAssigned' } }
                Set-EntraBetaAgentIdentityContext @given
            }
            (Get-EntraBetaAgentIdentityContext).BlueprintCredential | Should -BeLike "$Then*"
            @((Get-ToldSource).Keys) | Should -Be $Then
        }

        It 'keeps a copy of the secret: what the caller does with theirs does not matter' {
            Set-EntraBetaAgentIdentityContext @agent
            $agent.BlueprintSecret.Dispose()
            Get-EntraBetaAgentIdentityToken | Should -Match '^eyJ'
        }

        It 'refuses <What>, and keeps what it had' -ForEach @(
            @{ What = 'nothing at all'; Given = @{}; Code = 'MissingParameter'; Message = 'There is nothing to keep: give -BlueprintAppId, *' }
            @{ What = 'an empty value'; Given = @{ AgentIdentityAppId = '' }; Code = 'InvalidParameter'; Message = 'Parameter AgentIdentityAppId: the value is empty. *' }
            @{ What = 'an empty secret'; Given = @{ BlueprintSecret = [securestring]::new() }; Code = 'InvalidParameter'; Message = 'Parameter BlueprintSecret: the value is empty. *' }
            @{ What = 'two proofs of the blueprint'; Given = @{ BlueprintManagedIdentity = 'SystemAssigned'; BlueprintCertificateThumbprint = 'x' }; Code = 'InvalidParameterCombination'; Message = 'The blueprint proves itself with one of *' }
        ) {
            Set-EntraBetaAgentIdentityContext @agent
            $failure = Get-Failure { Set-EntraBetaAgentIdentityContext @Given }
            $failure.Exception.Data['Code'] | Should -Be $Code
            $failure.Exception.Message | Should -BeLike $Message
            $failure.FullyQualifiedErrorId | Should -BeLike '*,Set-EntraBetaAgentIdentityContext'
            $failure.CategoryInfo.Category | Should -Be 'InvalidArgument'
            (Get-EntraBetaAgentIdentityContext).AgentIdentityAppId | Should -Be $InvoiceAgent
        }

        It 'counts in all runspaces of the process, and is forgotten with the module' {
            Set-EntraBetaAgentIdentityContext @agent
            $shell = [powershell]::Create().AddScript("Import-Module '$ModuleFile'; Get-EntraBetaAgentIdentityToken")
            try { $shell.Invoke()[0] | Should -BeExactly (Get-EntraBetaAgentIdentityToken) }
            finally { $shell.Dispose() }
            Remove-Module EntraTokenBridge
            Import-Module $ModuleFile
            $null -eq (Get-EntraBetaAgentIdentityContext) | Should -BeTrue
        }

        It 'starts no engine' {
            & (Get-Module EntraTokenBridge) { Close-TokenEngine (Get-EngineHost) }
            Set-EntraBetaAgentIdentityContext @agent
            $null = Get-EntraBetaAgentIdentityContext
            Clear-EntraBetaAgentIdentityContext
            Get-EngineProcessId | Should -BeNullOrEmpty
        }
    }

    Context 'Get-EntraBetaAgentIdentityContext' {
        It 'returns nothing where nothing is known' { @(Get-EntraBetaAgentIdentityContext).Count | Should -Be 0 }

        It 'shows what is known and where it comes from, and no secret' {
            $agent.Remove('TenantId')
            Set-EntraBetaAgentIdentityContext @agent
            $env:AZURE_TENANT_ID = 'contoso.com'
            $context = Get-EntraBetaAgentIdentityContext
            $context.PSObject.TypeNames[0] | Should -Be 'EntraTokenBridge.AgentIdentityContext'
            $context.PSObject.Properties.Name | Should -Be 'BlueprintAppId', 'AgentIdentityAppId', 'BlueprintCredential', 'TenantId', 'Sources'
            $context.BlueprintAppId | Should -Be $Blueprint
            $context.BlueprintCredential | Should -Be 'BlueprintSecret'
            $context.TenantId | Should -Be 'contoso.com'
            $context.Sources['BlueprintCredential'] | Should -Be 'Set-EntraBetaAgentIdentityContext'
            $context.Sources['TenantId'] | Should -Be 'AZURE_TENANT_ID'
            $context | ConvertTo-Json -Depth 5 | Should -Not -Match 'Blueprint-Secret'
            @($context.PSObject.Properties.Value | Where-Object { $_ -is [securestring] }).Count | Should -Be 0
        }
    }

    Context 'Clear-EntraBetaAgentIdentityContext' {
        It 'forgets what is kept, and says nothing' {
            Set-EntraBetaAgentIdentityContext @agent
            @(Clear-EntraBetaAgentIdentityContext *>&1).Count | Should -Be 0
            $null -eq (Get-EntraBetaAgentIdentityContext) | Should -BeTrue
            (Get-Failure { Get-EntraBetaAgentIdentityToken }).Exception.Data['Code'] | Should -Be 'MissingParameter'
        }
    }

    Context 'The session of Microsoft Entra PowerShell' {
        It 'has what <_>''s commands have made: nothing need be given' -ForEach 'Microsoft.Entra.Beta', 'Microsoft.Entra' {
            $null = Import-StandIn "$_.Applications", "$_.Authentication"
            Set-Made $Blueprint $InvoiceAgent 'Blueprint-Secret~1'
            Connect-Entra $Contoso
            (Get-Claim (Get-EntraBetaAgentIdentityToken)).appid | Should -Be $InvoiceAgent
            $told = Get-ToldSource
            $told.Keys | Should -Be 'BlueprintAppId', 'AgentIdentityAppId', 'BlueprintSecret', 'TenantId'
            @($told.Values | Select-Object -Unique) | Should -Be "the session of $_.Applications", 'Get-EntraContext'
        }

        It 'has them as they are now, not as they were at the first call' {
            $null = Import-StandIn Microsoft.Entra.Beta.Applications
            Set-Made $Blueprint $InvoiceAgent 'Blueprint-Secret~1'
            (Get-Claim (Get-EntraBetaAgentIdentityToken -TenantId $Contoso)).appid | Should -Be $InvoiceAgent
            Set-Made $null $mailAgent
            (Get-Claim (Get-EntraBetaAgentIdentityToken -TenantId $Contoso)).appid | Should -Be $mailAgent
        }

        It 'goes after <What>' -ForEach @(
            @{ What = 'parameters'; Given = $true; Source = 'the parameter' }
            @{ What = 'what Set-EntraBetaAgentIdentityContext keeps'; Given = $false; Source = 'Set-EntraBetaAgentIdentityContext' }
        ) {
            $null = Import-StandIn Microsoft.Entra.Beta.Applications, Microsoft.Entra.Beta.Authentication
            Set-Made '07be9000-0000-4000-8000-000000000001' '07be9000-0000-4000-8000-000000000002' 'Other-Secret~1'
            Connect-Entra $fabrikam
            $parameters = @{}
            if ($Given) { $parameters = $agent } else { Set-EntraBetaAgentIdentityContext @agent }
            (Get-Claim (Get-EntraBetaAgentIdentityToken @parameters)).tid | Should -Be $Contoso
            $told = Get-ToldSource $parameters
            $told.Count | Should -Be 4
            @($told.Values | Select-Object -Unique) | Should -Be $Source
        }

        It 'never takes the place of an explicit -BlueprintSecret, nor does what is kept' {
            $null = Import-StandIn Microsoft.Entra.Beta.Applications
            Set-Made $Blueprint $InvoiceAgent 'wrong'
            $right = $agent.BlueprintSecret
            Set-EntraBetaAgentIdentityContext -BlueprintSecret (Get-SecureText 'wrong as well') -TenantId $Contoso
            Get-EntraBetaAgentIdentityToken -BlueprintSecret $right | Should -Match '^eyJ'
            (Get-Failure { Get-EntraBetaAgentIdentityToken }).Exception.Data['Aadsts'] | Should -Be 7000215
        }

        It 'brings no secret where another proof of the blueprint is given or kept' {
            $null = Import-StandIn Microsoft.Entra.Beta.Applications
            Set-Made $Blueprint $InvoiceAgent 'wrong'
            $identity = 'a5516000-0000-4000-8000-000000000002'
            Get-EntraBetaAgentIdentityToken -BlueprintManagedIdentity $identity -TenantId $Contoso | Should -Match '^eyJ'
            Set-EntraBetaAgentIdentityContext -BlueprintManagedIdentity $identity -TenantId $Contoso
            Get-EntraBetaAgentIdentityToken | Should -Match '^eyJ'
            (Get-ToldSource).Keys | Should -Not -Contain 'BlueprintSecret'
        }

        It 'fills in what is missing, value by value' {
            $null = Import-StandIn Microsoft.Entra.Beta.Applications
            Set-Made $Blueprint $InvoiceAgent 'Blueprint-Secret~1'
            Set-EntraBetaAgentIdentityContext -AgentIdentityAppId $mailAgent
            $env:AZURE_TENANT_ID = $Contoso
            $told = Get-ToldSource
            $told['BlueprintAppId'] | Should -Be 'the session of Microsoft.Entra.Beta.Applications'
            $told['AgentIdentityAppId'] | Should -Be 'Set-EntraBetaAgentIdentityContext'
            $told['BlueprintSecret'] | Should -Be 'the session of Microsoft.Entra.Beta.Applications'
            Get-EntraBetaAgentIdentityToken -Verbose 4>&1 | ForEach-Object { "$_" } | Should -Contain "The tenant is AZURE_TENANT_ID's: $Contoso."
        }

        It 'is that of one module: a secret of Microsoft.Entra is none for a blueprint of Microsoft.Entra.Beta' {
            $beta, $other = Import-StandIn Microsoft.Entra.Beta.Applications, Microsoft.Entra.Applications
            & $beta { Set-Made $args[0] $args[1] } $Blueprint $InvoiceAgent
            & $other { Set-Made 'x' 'y' 'Other-Secret~1' }
            $failure = Get-Failure { Get-EntraBetaAgentIdentityToken -TenantId $Contoso }
            $failure.Exception.Data['Parameter'] | Should -Be 'BlueprintSecret'
            $failure.Exception.Data['Code'] | Should -Be 'MissingParameter'
        }

        It 'that has made nothing yet, and is not connected, is passed over, under strict mode too' {
            $null = Import-StandIn Microsoft.Entra.Beta.Applications, Microsoft.Entra.Beta.Authentication -Strict
            $said = @(Get-EntraBetaAgentIdentityToken -ErrorAction SilentlyContinue -ErrorVariable failure *>&1)
            $said.Count | Should -Be 0
            $failure.Count | Should -Be 1
            $failure[0].Exception.Data['Parameter'] | Should -Be 'BlueprintAppId'
            $null -eq (Get-EntraBetaAgentIdentityContext) | Should -BeTrue
        }

        It 'goes before AZURE_TENANT_ID with the tenant of Connect-Entra' {
            $null = Import-StandIn Microsoft.Entra.Authentication
            Connect-Entra $Contoso
            $agent.Remove('TenantId')
            $env:AZURE_TENANT_ID = $fabrikam
            (Get-Claim (Get-EntraBetaAgentIdentityToken @agent)).tid | Should -Be $Contoso
            (Get-EntraBetaAgentIdentityContext).Sources['TenantId'] | Should -Be 'Get-EntraContext'
        }

        It 'is not looked at in global variables of the same names, and no module is loaded for it' {
            $global:CurrentAgentBlueprintAppId = $Blueprint
            try {
                $null = Import-StandIn Microsoft.Entra.Beta.Applications
                $loaded = (Get-Module).Name
                $null -eq (Get-EntraBetaAgentIdentityContext) | Should -BeTrue
                (Get-Module).Name | Should -Be $loaded
            }
            finally { Remove-Variable CurrentAgentBlueprintAppId -Scope Global }
        }
    }
}
