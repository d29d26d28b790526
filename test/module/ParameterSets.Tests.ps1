# The surface of each command, compared both ways with the help of the command whose scripts it takes over (AzAuth's,
# PartnerCenter's, SecMgmt's, Microsoft Entra PowerShell's); Get-AzToken's also with AzAuth's newest version for the sets
# that are here. A surface is a list of facts such as 'Interactive: -Interactive is mandatory', so that what is missing and
# what is too much can each be named.
BeforeDiscovery {
    $sets = 'NonInteractive', 'Interactive', 'ManagedIdentity'

    # What the help's tables say. Sets: all three, unless they are named.
    $helpTables = @(
        @{ Name = 'Claim'; Type = 'System.String' }
        @{ Name = 'ClientId'; Type = 'System.String'; Sets = 'Interactive', 'ManagedIdentity' }
        @{ Name = 'Force'; Type = 'System.Management.Automation.SwitchParameter' }
        @{ Name = 'Interactive'; Type = 'System.Management.Automation.SwitchParameter'; Sets = 'Interactive'; Mandatory = $true }
        @{ Name = 'ManagedIdentity'; Type = 'System.Management.Automation.SwitchParameter'; Sets = 'ManagedIdentity'; Mandatory = $true }
        @{ Name = 'Resource'; Type = 'System.String'; Aliases = 'ResourceId', 'ResourceUrl'; Default = 'https://graph.microsoft.com' }
        @{ Name = 'Scope'; Type = 'System.String[]'; Default = '.default' }
        @{ Name = 'TenantId'; Type = 'System.String' }
    )

    # AzAuth 2.10, as Get-Command shows its three sets. There the tenant's parameter is Tenant and TenantId its alias,
    # which a script can't tell.
    $newest = @(
        @{ Name = 'Claim'; Type = 'System.String'; NotEmpty = $true }
        @{ Name = 'ClientId'; Type = 'System.String'; NotEmpty = $true }
        @{ Name = 'CredentialPrecedence'; Type = 'System.String[]'; Sets = 'NonInteractive'
            Accepts = 'Environment', 'AzurePowerShell', 'AzureCLI', 'AzureDeveloperCli', 'VisualStudio', 'ManagedIdentity'
        }
        @{ Name = 'Force'; Type = 'System.Management.Automation.SwitchParameter' }
        @{ Name = 'Interactive'; Type = 'System.Management.Automation.SwitchParameter'; Sets = 'Interactive'; Mandatory = $true }
        @{ Name = 'ManagedIdentity'; Type = 'System.Management.Automation.SwitchParameter'; Sets = 'ManagedIdentity'; Mandatory = $true }
        @{ Name = 'Resource'; Type = 'System.String'; Aliases = 'ResourceId', 'ResourceUrl'; Default = 'https://graph.microsoft.com'
            Position = 0; NotEmpty = $true
        }
        @{ Name = 'Scope'; Type = 'System.String[]'; Default = '.default'; Position = 1; NotEmpty = $true }
        @{ Name = 'TenantId'; Type = 'System.String'; Aliases = 'Tenant'; NotEmpty = $true }
        @{ Name = 'TimeoutSeconds'; Type = 'System.Int32'; Default = '120'; Range = '1..2147483647' }
        @{ Name = 'TokenCache'; Type = 'System.String'; Sets = 'Interactive'; NotEmpty = $true }
        @{ Name = 'UseUnprotectedTokenCache'; Type = 'System.Management.Automation.SwitchParameter'; Sets = 'Interactive' }
    )

    # Every extra that the help's tables don't have, by a pattern of its facts, and why it is there.
    $extras = @(
        @{ Fact = '*: -Resource has position 0'; Reason = 'scripts give it without its name, as the newest AzAuth takes it' }
        @{ Fact = '*: -Scope has position 1'; Reason = 'scripts give it without its name, as the newest AzAuth takes it' }
        @{ Fact = '-TenantId has the alias Tenant'; Reason = 'its name in the newest AzAuth' }
        @{ Fact = '-* refuses an empty value'; Reason = 'a variable that was never set must not mean another tenant or client' }
        @{ Fact = 'NonInteractive: -ClientId is optional'; Reason = 'the newest AzAuth has it; the identity at the end of the chain' }
        @{ Fact = '*: -TimeoutSeconds is optional'; Reason = 'the newest AzAuth has it' }
        @{ Fact = '-TimeoutSeconds is a System.Int32'; Reason = 'as in the newest AzAuth' }
        @{ Fact = '-TimeoutSeconds defaults to 120'; Reason = 'as in the newest AzAuth' }
        @{ Fact = '-TimeoutSeconds takes 1..86400'; Reason = 'a day: a timer can not run for much more than 24 of them' }
        @{ Fact = 'NonInteractive: -CredentialPrecedence is optional'; Reason = 'the newest AzAuth has it' }
        @{ Fact = '-CredentialPrecedence is a System.String`[`]'; Reason = 'as in the newest AzAuth; an enum would load an assembly' }
        @{ Fact = '-CredentialPrecedence takes *'; Reason = 'the sources of the chain; VisualStudioCode is in the chain of the older help' }
        @{ Fact = '*: -AsSecureString is optional'; Reason = 'a token that neither a transcript nor a debugger shows, on every command' }
        @{ Fact = '-AsSecureString is a System.Management.Automation.SwitchParameter'; Reason = 'it is given or not' }
    )

    # What the newest AzAuth has and this command doesn't.
    $absent = @(
        @{ Fact = '-TimeoutSeconds takes 1..2147483647'; Reason = 'a day is the most; see the extras' }
        @{ Fact = '*-TokenCache *'; Reason = 'token caches on disk are not part of this module yet' }
        @{ Fact = '*-UseUnprotectedTokenCache *'; Reason = 'token caches on disk are not part of this module yet' }
    )

    # What the help of PartnerCenter and SecMgmt says: a row for each of its tables. There EnvironmentName and ModuleName
    # are enums, which would load an assembly here: they are strings with the same values.
    $switch = 'System.Management.Automation.SwitchParameter'
    $clouds = 'AzureCloud', 'AzureChinaCloud', 'AzureGermanCloud', 'AzurePPE', 'AzureUSGovernment'
    $ofPartners = @(
        @{ Name = 'AccessToken'; Type = 'System.String'; Sets = 'AccessToken'; Mandatory = $true }
        @{ Name = 'ApplicationId'; Type = 'System.String'; Aliases = 'ClientId'; Mandatory = $true
            Sets = 'AccessToken', 'ServicePrincipal', 'ServicePrincipalCertificate', 'User'
        }
        @{ Name = 'ApplicationId'; Type = 'System.String'; Aliases = 'ClientId'; Sets = 'RefreshToken' }
        @{ Name = 'CertificateThumbprint'; Type = 'System.String'; Sets = 'RefreshToken' }
        @{ Name = 'CertificateThumbprint'; Type = 'System.String'; Sets = 'ServicePrincipalCertificate'; Mandatory = $true }
        @{ Name = 'Credential'; Type = 'System.Management.Automation.PSCredential'; Sets = 'AccessToken', 'RefreshToken' }
        @{ Name = 'Credential'; Type = 'System.Management.Automation.PSCredential'; Sets = 'ServicePrincipal'; Mandatory = $true }
        @{ Name = 'Environment'; Type = 'System.String'; Aliases = 'EnvironmentName'; Accepts = $clouds }
        @{ Name = 'Module'; Type = 'System.String'; Aliases = 'ModuleName'; Accepts = 'ExchangeOnline'; Sets = 'RefreshToken' }
        @{ Name = 'Module'; Type = 'System.String'; Aliases = 'ModuleName'; Accepts = 'ExchangeOnline'; Sets = 'ByModule'; Mandatory = $true }
        @{ Name = 'RefreshToken'; Type = 'System.String'; Sets = 'RefreshToken'; Mandatory = $true }
        @{ Name = 'Scopes'; Type = 'System.String[]'; Mandatory = $true
            Sets = 'AccessToken', 'RefreshToken', 'ServicePrincipal', 'ServicePrincipalCertificate', 'User'
        }
        @{ Name = 'ServicePrincipal'; Type = $switch; Sets = 'RefreshToken', 'ServicePrincipalCertificate' }
        @{ Name = 'ServicePrincipal'; Type = $switch; Sets = 'ServicePrincipal'; Mandatory = $true }
        @{ Name = 'Tenant'; Type = 'System.String'; Aliases = 'Domain', 'TenantId'; Sets = 'AccessToken', 'RefreshToken', 'User', 'ByModule' }
        @{ Name = 'Tenant'; Type = 'System.String'; Aliases = 'Domain', 'TenantId'; Mandatory = $true
            Sets = 'ServicePrincipal', 'ServicePrincipalCertificate'
        }
        @{ Name = 'UseAuthorizationCode'; Type = $switch; Aliases = 'AuthCode'
            Sets = 'ServicePrincipal', 'ServicePrincipalCertificate', 'User', 'ByModule'
        }
        @{ Name = 'UseDeviceAuthentication'; Type = $switch; Aliases = 'DeviceCode', 'DeviceAuth', 'Device'; Sets = 'User' }
    )
    $partnerExtras = @(
        @{ Fact = '-* refuses an empty value'; Reason = 'as in PartnerCenter''s source: a variable that was never set must not mean another tenant or client' }
        @{ Fact = '*: -TimeoutSeconds is optional'; Reason = 'a script must not wait for a person for ever' }
        @{ Fact = '-TimeoutSeconds is a System.Int32'; Reason = 'as Get-AzToken has it' }
        @{ Fact = '-TimeoutSeconds takes 1..86400'; Reason = 'as Get-AzToken has it' }
        @{ Fact = '*: -AsSecureString is optional'; Reason = 'tokens that neither a transcript nor a debugger shows, on every command' }
        @{ Fact = '-AsSecureString is a System.Management.Automation.SwitchParameter'; Reason = 'it is given or not' }
    )
    # The second module has two sets fewer, and their parameters.
    $secMgmtSets = 'RefreshToken', 'ServicePrincipal', 'ServicePrincipalCertificate', 'User'
    $ofSecMgmt = foreach ($row in $ofPartners) {
        $row = $row.Clone()
        if ($row.Sets) { $row.Sets = @($row.Sets | Where-Object { $_ -in $secMgmtSets }) }
        if (-not $row.ContainsKey('Sets') -or ($row.Sets.Count -and $row.Name -ne 'Module')) { $row }
    }
    $partners = @(
        @{ Command = 'New-PartnerAccessToken'; Sets = @('AccessToken') + $secMgmtSets + 'ByModule'; Rows = $ofPartners
            Extras = $partnerExtras + @{ Fact = 'ByModule: -RefreshToken is optional'; Reason = 'PartnerCenter''s source has it, its help forgot it' }
        }
        @{ Command = 'New-SecMgmtAccessToken'; Sets = $secMgmtSets; Rows = @($ofSecMgmt); Extras = $partnerExtras }
    )

    # What the help of Get-EntraBetaAgentIdentityToken says: one set for all, and nothing without its name.
    $ofAgents = @(
        @{ Name = 'BlueprintAppId'; Type = 'System.String' }
        @{ Name = 'AgentIdentityAppId'; Type = 'System.String' }
        @{ Name = 'BlueprintSecret'; Type = 'System.Security.SecureString' }
        @{ Name = 'Scope'; Type = 'System.String'; Default = 'https://graph.microsoft.com/.default' }
        @{ Name = 'Mode'; Type = 'System.String'; Default = 'AutonomousApp' }
        @{ Name = 'UserToken'; Type = 'System.String' }
        @{ Name = 'UserUpn'; Type = 'System.String' }
    )
    $agentExtras = @(
        @{ Fact = '-Mode takes *'; Reason = 'the three modes that the help names, and upstream''s source accepts' }
        @{ Fact = '*-TenantId is *'; Reason = 'upstream has it from Connect-Entra, without which this one works too' }
        @{ Fact = '-TenantId has the alias Tenant'; Reason = 'as Get-AzToken has it' }
        @{ Fact = '*-UserId is *'; Reason = 'accounts whose name changes, or is not known; user_fic takes both' }
        @{ Fact = '*-BlueprintCertificateThumbprint is *'; Reason = 'Entra''s guidance: no secrets for blueprints in production' }
        @{ Fact = '*-BlueprintManagedIdentity is *'; Reason = 'Entra''s guidance: no secrets for blueprints in production' }
        @{ Fact = '*-Environment is *'; Reason = 'the other clouds, as partners'' commands name them' }
        @{ Fact = '-Environment has the alias EnvironmentName'; Reason = 'as partners'' commands have it' }
        @{ Fact = '-Environment takes *'; Reason = 'the clouds that partners'' commands know' }
        @{ Fact = '*-Claim is *'; Reason = 'as Get-AzToken has it: agents meet claims challenges too' }
        @{ Fact = '*-Force is *'; Reason = 'as Get-AzToken has it: after a change of roles or consent' }
        @{ Fact = '*-TimeoutSeconds is *'; Reason = 'as Get-AzToken has it' }
        @{ Fact = '-TimeoutSeconds defaults to 120'; Reason = 'as Get-AzToken has it' }
        @{ Fact = '-TimeoutSeconds takes 1..86400'; Reason = 'as Get-AzToken has it' }
        @{ Fact = '*-AsSecureString is *'; Reason = 'a token that neither a transcript nor a debugger shows, on every command' }
    )

    $ofHelp = @($helpTables | ForEach-Object { @{ Name = $_.Name; Parameter = $_ } })
    $ofNewest = @($newest | ForEach-Object { @{ Name = $_.Name; Parameter = $_ } })
}

BeforeAll {
    Import-Module ([System.IO.Path]::Combine($PSScriptRoot, '..', '..', 'module', 'EntraTokenBridge.psd1'))

    # One row of a table above as facts.
    function Get-RowFact {
        param($Row, $AllSets)

        "-$($Row.Name) is a $($Row.Type)"
        foreach ($alias in $Row.Aliases) { "-$($Row.Name) has the alias $alias" }
        if ($Row.Default) { "-$($Row.Name) defaults to $($Row.Default)" }
        if ($Row.NotEmpty) { "-$($Row.Name) refuses an empty value" }
        if ($Row.Range) { "-$($Row.Name) takes $($Row.Range)" }
        foreach ($value in $Row.Accepts) { "-$($Row.Name) takes $value" }
        foreach ($set in $(if ($Row.Sets) { $Row.Sets } else { $AllSets })) {
            "${set}: -$($Row.Name) is $(if ($Row.Mandatory) { 'mandatory' } else { 'optional' })"
            if ($null -ne $Row.Position) { "${set}: -$($Row.Name) has position $($Row.Position)" }
        }
    }

    # The facts of a command as PowerShell itself sees it.
    function Get-CommandFact {
        param($Command)

        $ofHost = [System.Management.Automation.Cmdlet]::CommonParameters + [System.Management.Automation.Cmdlet]::OptionalCommonParameters
        foreach ($parameter in $Command.Parameters.Values) {
            if ($parameter.Name -in $ofHost) { continue }
            "-$($parameter.Name) is a $($parameter.ParameterType.FullName)"
            foreach ($alias in $parameter.Aliases) { "-$($parameter.Name) has the alias $alias" }
            foreach ($attribute in $parameter.Attributes) {
                if ($attribute -is [ValidateNotNullOrEmpty] -or $attribute -is [ValidateNotNull]) { "-$($parameter.Name) refuses an empty value" }
                elseif ($attribute -is [ValidateRange]) { "-$($parameter.Name) takes $($attribute.MinRange)..$($attribute.MaxRange)" }
                elseif ($attribute -is [ValidateSet]) { foreach ($value in $attribute.ValidValues) { "-$($parameter.Name) takes $value" } }
                elseif ($attribute -is [System.Management.Automation.ValidateArgumentsAttribute]) { "-$($parameter.Name) is checked by $($attribute.GetType().Name)" }
            }
        }
        foreach ($parameter in $Command.ScriptBlock.Ast.Body.ParamBlock.Parameters) {
            if ($parameter.DefaultValue) { "-$($parameter.Name.VariablePath) defaults to $($parameter.DefaultValue.SafeGetValue())" }
        }
        foreach ($set in $Command.ParameterSets) {
            foreach ($parameter in $set.Parameters) {
                if ($parameter.Name -in $ofHost) { continue }
                $name = "$($set.Name): -$($parameter.Name)"
                "$name is $(if ($parameter.IsMandatory) { 'mandatory' } else { 'optional' })"
                if ($parameter.Position -ge 0) { "$name has position $($parameter.Position)" }
                if ($parameter.ValueFromPipeline) { "$name takes what comes from the pipeline" }
                if ($parameter.ValueFromPipelineByPropertyName) { "$name takes properties from the pipeline" }
                if ($parameter.ValueFromRemainingArguments) { "$name takes all remaining arguments" }
            }
        }
    }

    function Test-Listed { param($Fact, $Table) @($Table | Where-Object { $Fact -clike $_.Fact }).Count -gt 0 }

    # What a command has beyond what is known of it: all of it has a reason, and no reason is for what isn't there.
    function Assert-Extra {
        param($Facts, $Known, $Extras)

        $new = @($Facts | Where-Object { $_ -cnotin $Known })
        $new | Where-Object { -not (Test-Listed $_ $Extras) } | Should -BeNullOrEmpty
        $Extras | Where-Object { -not ($new -clike $_.Fact) } | ForEach-Object { $_.Fact } | Should -BeNullOrEmpty
        $Extras | ForEach-Object { $_.Reason } | Should -Match '\w+ \w+'
    }

    $command = Get-Command Get-AzToken
    $facts = @(Get-CommandFact $command)
}
AfterAll { Remove-Module EntraTokenBridge }

Describe 'Get-AzToken' -ForEach @{ Sets = $sets; HelpTables = $helpTables; Newest = $newest; Extras = $extras; Absent = $absent } {
    It 'has the parameter sets that scripts know, and NonInteractive without a switch' {
        $command.ParameterSets.Name | Should -Be $Sets
        $command.DefaultParameterSet | Should -Be 'NonInteractive'
    }

    It 'has -<Name> as the help of AzAuth says' -ForEach $ofHelp {
        Get-RowFact $Parameter $Sets | Where-Object { $_ -cnotin $facts } | Should -BeNullOrEmpty
    }

    It 'has -<Name> as the newest AzAuth, or a reason why not' -ForEach $ofNewest {
        Get-RowFact $Parameter $Sets | Where-Object { $_ -cnotin $facts -and -not (Test-Listed $_ $Absent) } | Should -BeNullOrEmpty
    }

    It 'has nothing more than that without a reason' {
        $known = @($HelpTables | ForEach-Object { Get-RowFact $_ $Sets })
        $facts | Where-Object { $_ -cnotin $known -and -not (Test-Listed $_ $Extras) } | Should -BeNullOrEmpty
    }

    It 'has each extra that a reason is given for, and lacks what one is given for' {
        $known = @($HelpTables | ForEach-Object { Get-RowFact $_ $Sets })
        $new = @($facts | Where-Object { $_ -cnotin $known })
        $Extras | Where-Object { -not ($new -clike $_.Fact) } | ForEach-Object { $_.Fact } | Should -BeNullOrEmpty
        $missing = @($Newest | ForEach-Object { Get-RowFact $_ $Sets } | Where-Object { $_ -cnotin $facts })
        $Absent | Where-Object { -not ($missing -clike $_.Fact) } | ForEach-Object { $_.Fact } | Should -BeNullOrEmpty
        $Extras + $Absent | ForEach-Object { $_.Reason } | Should -Match '\w+ \w+'
    }

    It 'says what it returns' { $command.OutputType.Name | Should -Be 'EntraTokenBridge.AzToken' }
}

Describe '<Command>' -ForEach $partners {
    BeforeAll {
        $command = Get-Command $Command
        $facts = @(Get-CommandFact $command)
        $known = @($Rows | ForEach-Object { Get-RowFact $_ $Sets } | Select-Object -Unique)
    }

    It 'has the parameter sets that scripts know, and none for which nothing is needed' {
        $command.ParameterSets.Name | Sort-Object | Should -Be ($Sets | Sort-Object)
        $command.DefaultParameterSet | Should -BeNullOrEmpty
    }

    It 'has all that the help of its forerunner says' {
        $known.Count | Should -BeGreaterThan 50
        $known | Where-Object { $_ -cnotin $facts } | Should -BeNullOrEmpty
    }

    It 'has nothing more than that without a reason, and each extra that a reason is given for' {
        Assert-Extra $facts $known $Extras
    }

    It 'says what it returns' { $command.OutputType.Name | Should -Be 'EntraTokenBridge.AuthResult' }
}

Describe 'Get-EntraBetaAgentIdentityToken' -ForEach @{ Rows = $ofAgents; Extras = $agentExtras } {
    BeforeAll {
        $command = Get-Command Get-EntraBetaAgentIdentityToken
        $facts = @(Get-CommandFact $command)
        $known = @($Rows | ForEach-Object { Get-RowFact $_ '__AllParameterSets' })
    }

    It 'has one parameter set, in which nothing is mandatory and nothing is taken without its name' {
        $command.ParameterSets.Name | Should -Be '__AllParameterSets'
        $facts -match 'mandatory|position|pipeline' | Should -BeNullOrEmpty
    }

    It 'has all that the help of its forerunner says' {
        $known.Count | Should -Be 16
        $known | Where-Object { $_ -cnotin $facts } | Should -BeNullOrEmpty
    }

    It 'has nothing more than that without a reason, and each extra that a reason is given for' {
        Assert-Extra $facts $known $Extras
    }

    It 'shows the forerunner''s parameters first, and in its order' {
        @($command.Parameters.Keys)[0..6] | Should -Be $Rows.Name
    }

    It 'says what it returns' { $command.OutputType.Name | Should -Be 'System.String' }

    It 'refuses <Given>: <Id>' -ForEach @(
        @{ Given = '-Mode Robot'; Id = 'ParameterArgumentValidationError' }
        @{ Given = '-BlueprintSecret text'; Id = 'ParameterArgumentTransformationError' }
        @{ Given = '-TimeoutSeconds 0'; Id = 'ParameterArgumentValidationError' }
        @{ Given = '-Environment Moon'; Id = 'ParameterArgumentValidationError' }
        @{ Given = 'b1ee9000-0000-4000-8000-000000000007'; Id = 'PositionalParameterNotFound' }
    ) {
        { & ([scriptblock]::Create("Get-EntraBetaAgentIdentityToken $Given")) } | Should -Throw -ErrorId "$Id,Get-EntraBetaAgentIdentityToken"
    }
}
