function Clear-EntraBetaAgentIdentityContext {
    <#
    .SYNOPSIS
    Forgets what Set-EntraBetaAgentIdentityContext keeps.

    .DESCRIPTION
    Forgets the blueprint, the agent identity, what proves the blueprint,
    and the tenant that Set-EntraBetaAgentIdentityContext keeps, for all
    runspaces of this PowerShell process.

    The session of Microsoft Entra PowerShell is not touched:
    Get-EntraBetaAgentIdentityToken goes by that one then. Tokens that have
    been handed out stay good until they expire.

    .INPUTS
    None. Nothing is taken from the pipeline.

    .OUTPUTS
    None. Nothing is returned.

    .EXAMPLE
    Clear-EntraBetaAgentIdentityContext

    Forgets all that is kept.

    .EXAMPLE
    try { $token = Get-EntraBetaAgentIdentityToken }
    finally { Clear-EntraBetaAgentIdentityContext }

    Keeps a secret no longer than it is needed.

    .EXAMPLE
    Clear-EntraBetaAgentIdentityContext
    Set-EntraBetaAgentIdentityContext -TenantId contoso.com

    Begins anew, in another tenant.

    .LINK
    Set-EntraBetaAgentIdentityContext

    .LINK
    about_EntraTokenBridge
    #>
    [CmdletBinding()]
    param()

    Clear-AgentIdentityContext (Get-EngineHost -WithoutEngine $true)
}
