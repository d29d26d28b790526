function Set-EntraBetaAgentIdentityContext {
    <#
    .SYNOPSIS
    Keeps what Get-EntraBetaAgentIdentityToken needs, for this session.

    .DESCRIPTION
    Keeps a blueprint, an agent identity, what proves the blueprint, and
    the tenant, so that Get-EntraBetaAgentIdentityToken need not be told
    each time. What that command is given all the same goes before it.

    What is not given stays as it was. Another blueprint, though, takes the
    agent identity and the proof of the one before with it, and a proof of
    one kind takes the place of one of another kind.

    It is kept in memory alone, for all runspaces of this PowerShell
    process, until Clear-EntraBetaAgentIdentityContext, until the module is
    removed, or until the process ends.

    .PARAMETER BlueprintAppId
    The application id of the agent identity blueprint, a GUID.

    .PARAMETER AgentIdentityAppId
    The application id of the agent identity, a GUID.

    .PARAMETER BlueprintSecret
    A client secret of the blueprint.

    .PARAMETER BlueprintCertificateThumbprint
    The thumbprint of a certificate that proves the blueprint, in place of
    a secret.

    .PARAMETER BlueprintManagedIdentity
    The managed identity that proves the blueprint, in place of a secret:
    SystemAssigned, or the client id of a user-assigned one.

    .PARAMETER TenantId
    The tenant of the agent identity: its id, or one of its domains.
    Other name: -Tenant.

    .INPUTS
    None. Nothing is taken from the pipeline.

    .OUTPUTS
    None. Get-EntraBetaAgentIdentityContext shows what is kept.

    .EXAMPLE
    $agent = @{
        TenantId           = 'contoso.onmicrosoft.com'
        BlueprintAppId     = 'b1ee9000-0000-4000-8000-000000000007'
        AgentIdentityAppId = 'a9e47000-0000-4000-8000-000000000008'
    }
    $secret = Read-Host 'Secret of the blueprint' -AsSecureString
    Set-EntraBetaAgentIdentityContext @agent -BlueprintSecret $secret
    $token = Get-EntraBetaAgentIdentityToken

    Keeps an agent identity whose blueprint is proven by a secret.

    .EXAMPLE
    $other = 'a9e47000-0000-4000-8000-000000000009'
    Set-EntraBetaAgentIdentityContext -AgentIdentityAppId $other

    Goes on with another agent identity of the same blueprint.

    .EXAMPLE
    $identity = 'SystemAssigned'
    Set-EntraBetaAgentIdentityContext -BlueprintManagedIdentity $identity

    From now on, the managed identity of this computer proves the blueprint,
    and no secret is kept any more.

    .LINK
    Get-EntraBetaAgentIdentityContext

    .LINK
    about_EntraTokenBridge
    #>
    [CmdletBinding(PositionalBinding = $false)]
    param(
        [string] $BlueprintAppId,

        [string] $AgentIdentityAppId,

        [securestring] $BlueprintSecret,

        [ArgumentCompleter({ & @(Get-Module EntraTokenBridge -All)[0] Complete-TokenArgument @args })]
        [string] $BlueprintCertificateThumbprint,

        [ArgumentCompleter({ & @(Get-Module EntraTokenBridge -All)[0] Complete-TokenArgument @args })]
        [string] $BlueprintManagedIdentity,

        [Alias('Tenant')]
        [string] $TenantId
    )

    Set-AgentIdentityContext (Get-EngineHost -WithoutEngine $true) $PSCmdlet $PSBoundParameters
}
