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
    $credentials = @()
    $failure = $null
    foreach ($need in $AgentIdentityNeeds.Keys) {
        foreach ($name in $AgentIdentityNeeds[$need]) {
            if (-not $Given.ContainsKey($name)) { continue }
            $value = $Given[$name]
            if ($need -eq 'Credential') { $credentials += $name }
            if (-not $value -or $value.Length -eq 0) {
                $failure = Get-EngineFailure "Parameter ${name}: the value is empty. Leave the parameter out, or give it a value." InvalidParameter
                $failure['data']['parameter'] = $name
            }
            # The caller's own may be disposed of or changed.
            elseif ($value -is [securestring]) { $value = $value.Copy(); $value.MakeReadOnly() }
            $values[$name] = $value
        }
    }
    if (-not $values.Count) {
        $failure = Get-EngineFailure 'There is nothing to keep: give -BlueprintAppId, -AgentIdentityAppId, what proves the blueprint, or -TenantId.' MissingParameter
    }
    elseif ($credentials.Count -gt 1) {
        $failure = Get-EngineFailure ('The blueprint proves itself with one of -BlueprintSecret, -BlueprintCertificateThumbprint and ' +
            '-BlueprintManagedIdentity: leave the others out.') InvalidParameterCombination
    }
    if ($failure) { Write-TokenError $Cmdlet $failure 'AgentIdentityContextError' -EndsScript; return }

    try {
        [System.Threading.Monitor]::Enter($EngineHost)
        $context = @{}
        $kept = $engineHost['AgentContext']
        # What belongs to another blueprint is of no use for this one.
        $isOther = $values['BlueprintAppId'] -and $kept -and $kept['BlueprintAppId'] -and $values['BlueprintAppId'] -ne $kept['BlueprintAppId']
        if ($kept) {
            foreach ($name in $kept.Keys) {
                $isCredential = $AgentIdentityNeeds['Credential'] -contains $name
                if ($isOther -and $name -ne 'TenantId') { continue }
                if (-not ($isCredential -and $credentials)) { $context[$name] = $kept[$name] }
            }
        }
        foreach ($name in $values.Keys) { $context[$name] = $values[$name] }
        $engineHost['AgentContext'] = $context
    }
    finally { [System.Threading.Monitor]::Exit($EngineHost) }
}

function Clear-AgentIdentityContext {
    param($EngineHost)

    $engineHost['AgentContext'] = $null
}

function Get-AgentIdentityContext {
    param($EngineHost)

    $values = Get-AgentIdentityValue $EngineHost @{}
    if (-not $values.Contains('TenantId') -and $env:AZURE_TENANT_ID) {
        $values['TenantId'] = @{ Value = $env:AZURE_TENANT_ID; Source = 'AZURE_TENANT_ID' }
    }
    if (-not $values.Count) { return }
    $context = [ordered]@{ PSTypeName = 'EntraTokenBridge.AgentIdentityContext'; BlueprintAppId = $null; AgentIdentityAppId = $null; BlueprintCredential = $null; TenantId = $null }
    $sources = [ordered]@{}
    foreach ($name in $values.Keys) {
        $value = $values[$name]['Value']
        if ($name -eq 'BlueprintSecret') { $context['BlueprintCredential'] = $name }
        elseif ($context.Contains($name)) { $context[$name] = $value }
        else { $context['BlueprintCredential'] = "$name $value" }
        $sources[$name] = $values[$name]['Source']
    }
    $context['Sources'] = $sources
    [pscustomobject]$context
}
