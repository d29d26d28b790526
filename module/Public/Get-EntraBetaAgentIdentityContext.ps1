function Get-EntraBetaAgentIdentityContext {
    <#
    .SYNOPSIS
    Shows what Get-EntraBetaAgentIdentityToken takes from the session.

    .DESCRIPTION
    Shows what Get-EntraBetaAgentIdentityToken goes by when it is called
    without parameters, and where each value comes from: what
    Set-EntraBetaAgentIdentityContext keeps, the session of Microsoft Entra
    PowerShell where that is loaded, or the variable AZURE_TENANT_ID.

    Of a secret it shows that there is one, and never the secret itself.
    Nothing is returned when nothing is known.

    .INPUTS
    None. Nothing is taken from the pipeline.

    .OUTPUTS
    EntraTokenBridge.AgentIdentityContext
    Its properties are BlueprintAppId, AgentIdentityAppId,
    BlueprintCredential (the parameter that stands for it, with its value
    unless that is a secret), TenantId, and Sources: for each of them,
    where it comes from.

    .EXAMPLE
    Get-EntraBetaAgentIdentityContext

    Shows what is known.

    .EXAMPLE
    (Get-EntraBetaAgentIdentityContext).Sources['TenantId']

    Says who has chosen the tenant.

    .EXAMPLE
    if (-not (Get-EntraBetaAgentIdentityContext).BlueprintCredential) {
        $secret = Read-Host 'Secret of the blueprint' -AsSecureString
        Set-EntraBetaAgentIdentityContext -BlueprintSecret $secret
    }

    Asks for a secret where none is known yet.

    .LINK
    Set-EntraBetaAgentIdentityContext

    .LINK
    about_EntraTokenBridge
    #>
    [CmdletBinding()]
    [OutputType('EntraTokenBridge.AgentIdentityContext')]
    param()

    Get-AgentIdentityContext (Get-EngineHost -WithoutEngine $true)
}
