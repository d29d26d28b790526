# What Get-EntraBetaAgentIdentityToken needs and is not told each time. What Set-EntraBetaAgentIdentityContext keeps is a
# hashtable by parameter name that is never changed, only replaced: who reads it takes no lock.

# What is needed, and the parameters that it may come as. Whoever has one of them decides.
$script:AgentIdentityNeeds = [ordered]@{
    Blueprint  = @('BlueprintAppId')
    Agent      = @('AgentIdentityAppId')
    Credential = @('BlueprintSecret', 'BlueprintCertificateThumbprint', 'BlueprintManagedIdentity')
    Tenant     = @('TenantId')
}

# Parameter name -> Value and Source. AZURE_TENANT_ID is the engine's to look at.
function Get-AgentIdentityValue {
    param($EngineHost, $Given)

    $found = [ordered]@{}
    $open = Add-AgentIdentityValue $found $AgentIdentityNeeds.Keys $Given 'the parameter'
    $open = Add-AgentIdentityValue $found $open $EngineHost['AgentContext'] 'Set-EntraBetaAgentIdentityContext'
    if ($open) {
        $session = Get-EntraModuleSession
        $open = Add-AgentIdentityValue $found $open $session['Values'] $session['Source']
    }
    if ($open -contains 'Tenant') { $null = Add-AgentIdentityValue $found $open (Get-EntraModuleTenant) 'Get-EntraContext' }
    $found
}

# Adds what the values have of the open needs, and returns those that stay open.
function Add-AgentIdentityValue {
    param($Found, $Open, $Values, $Source)

    foreach ($need in $Open) {
        $isOpen = $true
        foreach ($name in $AgentIdentityNeeds[$need]) {
            # An empty value counts too: whoever gave it didn't mean the session's. The engine refuses it.
            if (-not $Values -or -not $Values.ContainsKey($name)) { continue }
            $Found[$name] = @{ Value = $Values[$name]; Source = $Source }
            $isOpen = $false
        }
        if ($isOpen) { $need }
    }
}

# What the commands of Microsoft Entra PowerShell that make blueprints and agent identities remember, in the script scope
# of their module. All of it comes from one module: a secret that one keeps is none for the blueprint of the other.
function Get-EntraModuleSession {
    foreach ($name in 'Microsoft.Entra.Beta.Applications', 'Microsoft.Entra.Applications') {
        foreach ($module in Get-Module $name -All) {
            $values = @{}
            $variables = & $module { $ExecutionContext.SessionState.PSVariable }
            foreach ($variable in $EntraModuleVariables.Keys) {
                # Nothing for one that was never set, under strict mode too.
                $value = $variables.GetValue("script:$variable")
                if ($value) { $values[$EntraModuleVariables[$variable]] = $value }
            }
            if ($values.Count) { return @{ Values = $values; Source = "the session of $name" } }
        }
    }
    @{ Values = $null; Source = $null }
}

$script:EntraModuleVariables = @{
    CurrentAgentBlueprintAppId = 'BlueprintAppId'
    CurrentAgentIdentityAppId  = 'AgentIdentityAppId'
    LastClientSecret           = 'BlueprintSecret'
}

# The tenant of Connect-Entra. Only where the module is loaded: to look for the command would load what is installed.
function Get-EntraModuleTenant {
    foreach ($name in 'Microsoft.Entra.Beta.Authentication', 'Microsoft.Entra.Authentication') {
        foreach ($module in Get-Module $name -All) {
            $context = $null
            try { $context = & $module { Get-EntraContext -ErrorAction Ignore } }
            catch { Write-Debug "Get-EntraContext failed: $_" }
            if ($context.TenantId) { return @{ TenantId = [string]$context.TenantId } }
        }
    }
}

function Set-AgentIdentityContext {
    param($EngineHost, $Cmdlet, $Given)

    $values = @{}
    foreach ($need in $AgentIdentityNeeds.Keys) {
        foreach ($name in $AgentIdentityNeeds[$need]) { if ($Given.ContainsKey($name)) { $values[$name] = $Given[$name] } }
    }
    $failure = Get-AgentIdentityFailure $values
    if ($failure) { Write-TokenError $Cmdlet $failure 'AgentIdentityContextError' -EndsScript; return }
    # The caller's own may be disposed of or changed.
    if ($values['BlueprintSecret']) { $values['BlueprintSecret'] = $values['BlueprintSecret'].Copy() }
    try {
        [System.Threading.Monitor]::Enter($EngineHost)
        $EngineHost['AgentContext'] = Join-AgentIdentityValue $EngineHost['AgentContext'] $values
    }
    finally { [System.Threading.Monitor]::Exit($EngineHost) }
}

# What can be told to be wrong without the other values. What the values look like, the engine checks.
function Get-AgentIdentityFailure {
    param($Values)

    foreach ($name in $Values.Keys) {
        # Of a text and of a secret alike.
        if ($Values[$name].Length) { continue }
        $failure = Get-EngineFailure "Parameter ${name}: the value is empty. Leave the parameter out, or give it a value." InvalidParameter
        $failure['data']['parameter'] = $name
        return $failure
    }
    if (-not $Values.Count) {
        return Get-EngineFailure ('There is nothing to keep: give -BlueprintAppId, -AgentIdentityAppId, what proves the blueprint, ' +
            'or -TenantId.') MissingParameter
    }
    $proofs = @(foreach ($name in $AgentIdentityNeeds['Credential']) { if ($Values.ContainsKey($name)) { $name } })
    if ($proofs.Count -gt 1) {
        Get-EngineFailure ('The blueprint proves itself with one of -BlueprintSecret, -BlueprintCertificateThumbprint and ' +
            '-BlueprintManagedIdentity: leave the others out.') InvalidParameterCombination
    }
}

# What is kept from now on: the new values, and those of the old ones that go with them.
function Join-AgentIdentityValue {
    param($Old, $New)

    if (-not $Old) { return $New }
    # Agent identity and proof of one blueprint are of no use for another.
    $isOther = $Old['BlueprintAppId'] -and $New['BlueprintAppId'] -and $New['BlueprintAppId'] -ne $Old['BlueprintAppId']
    $joined = $New.Clone()
    foreach ($need in $AgentIdentityNeeds.Keys) {
        $names = $AgentIdentityNeeds[$need]
        foreach ($name in $AgentIdentityNeeds[$need]) { if ($New.ContainsKey($name)) { $names = @() } }
        if ($isOther -and $need -ne 'Tenant') { continue }
        foreach ($name in $names) { if ($Old.ContainsKey($name)) { $joined[$name] = $Old[$name] } }
    }
    $joined
}

function Clear-AgentIdentityContext {
    param($EngineHost)

    try {
        [System.Threading.Monitor]::Enter($EngineHost)
        $EngineHost['AgentContext'] = $null
    }
    finally { [System.Threading.Monitor]::Exit($EngineHost) }
}

function Get-AgentIdentityContext {
    param($EngineHost)

    $values = Get-AgentIdentityValue $EngineHost @{}
    if (-not $values.Contains('TenantId') -and $env:AZURE_TENANT_ID) {
        $values['TenantId'] = @{ Value = $env:AZURE_TENANT_ID; Source = 'AZURE_TENANT_ID' }
    }
    if (-not $values.Count) { return }
    $context = [pscustomobject]@{
        PSTypeName          = 'EntraTokenBridge.AgentIdentityContext'
        BlueprintAppId      = $null
        AgentIdentityAppId  = $null
        BlueprintCredential = $null
        TenantId            = $null
        Sources             = [ordered]@{}
    }
    foreach ($name in $values.Keys) {
        $value = $values[$name]['Value']
        $property = $name
        if ($AgentIdentityNeeds['Credential'] -contains $name) {
            $property = 'BlueprintCredential'
            $value = if ($name -eq 'BlueprintSecret') { $name } else { "$name $value" }
        }
        $context.$property = $value
        $context.Sources[$property] = $values[$name]['Source']
    }
    $context
}
