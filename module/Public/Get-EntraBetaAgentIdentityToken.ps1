function Get-EntraBetaAgentIdentityToken {
    <#
    .SYNOPSIS
    Gets an access token for an agent identity.

    .DESCRIPTION
    Gets an access token of Microsoft Entra ID for an agent identity, which
    has no credential of its own: its blueprint vouches for it. -Mode says
    for whom the agent acts:

    1. AutonomousApp: for itself, with the roles that it was given
    2. OBO: on behalf of the user whose token is given with -UserToken
    3. AutonomousUser: as its own user account, named with -UserUpn or
       -UserId

    What is not given comes from the session. Each value is looked for in
    this order:

    1. the parameter
    2. what Set-EntraBetaAgentIdentityContext keeps
    3. the session of Microsoft Entra PowerShell, where that is loaded: the
       blueprint, agent identity and client secret that its commands have
       made last, and the tenant that Get-EntraContext names
    4. for the tenant, the variable AZURE_TENANT_ID

    -Verbose says for each value where it comes from.

    A token is handed out again until five minutes before it expires, and so
    is what the blueprint gets on the way: many agent identities of one
    blueprint can be asked for at once. -Force and -Claim ask for new ones.

    An error ends the script, unless it is caught or -ErrorAction says
    otherwise: nothing goes on with a token that is not there.

    .PARAMETER BlueprintAppId
    The application id of the agent identity blueprint, a GUID. Without it,
    the session's.

    .PARAMETER AgentIdentityAppId
    The application id of the agent identity, a GUID. Without it, the
    session's.

    .PARAMETER BlueprintSecret
    A client secret of the blueprint. Without it, and without the other two
    parameters that prove a blueprint, the session's.

    .PARAMETER BlueprintCertificateThumbprint
    The thumbprint of a certificate that proves the blueprint, in place of
    a secret. It is looked for in the store My of the current user, then of
    the local machine. Its private key never leaves PowerShell.

    .PARAMETER BlueprintManagedIdentity
    The managed identity that proves the blueprint, in place of a secret:
    SystemAssigned, or the client id of a user-assigned one. The blueprint
    must have it as a federated credential.

    .PARAMETER Scope
    What the token is to be good for: a resource and one of its
    permissions, or .default for all that has been granted. Several have
    spaces between them. Without it, .default of Microsoft Graph in the
    cloud that is used.

    .PARAMETER Mode
    For whom the agent acts: AutonomousApp, OBO or AutonomousUser.

    .PARAMETER UserToken
    With -Mode OBO: the access token with which the user has called the
    agent. It must be meant for the blueprint.

    .PARAMETER UserUpn
    With -Mode AutonomousUser: the user principal name of the agent's user
    account.

    .PARAMETER UserId
    With -Mode AutonomousUser: the object id of the agent's user account,
    in place of its name.

    .PARAMETER TenantId
    The tenant of the agent identity: its id, or one of its domains.
    Without it, the session's. Other name: -Tenant.

    .PARAMETER Environment
    The cloud that issues the token. Without it, the variable
    AZURE_AUTHORITY_HOST decides, and without that it is AzureCloud.
    The others: AzureChinaCloud, AzureGermanCloud, AzurePPE,
    AzureUSGovernment. Other name: -EnvironmentName.

    .PARAMETER Claim
    The claims challenge with which a resource has refused an earlier
    token: JSON, decoded.

    .PARAMETER TimeoutSeconds
    After how many seconds the attempt is given up. 120 without it, a day
    at most.

    .PARAMETER AsSecureString
    The token is a SecureString instead of a string.

    .PARAMETER Force
    Asks for a new token, and for all that leads to it.

    .INPUTS
    None. Nothing is taken from the pipeline.

    .OUTPUTS
    System.String
    The access token. A SecureString with -AsSecureString.

    .EXAMPLE
    Connect-Entra -Scopes 'Application.ReadWrite.All'
    Invoke-EntraBetaAgentIdInteractive
    $token = Get-EntraBetaAgentIdentityToken

    Gets a token for the agent identity that Microsoft Entra PowerShell has
    just made, for Microsoft Graph.

    .EXAMPLE
    $agent = @{
        TenantId           = 'contoso.onmicrosoft.com'
        BlueprintAppId     = 'b1ee9000-0000-4000-8000-000000000007'
        AgentIdentityAppId = 'a9e47000-0000-4000-8000-000000000008'
        BlueprintSecret    = Get-Secret BlueprintSecret
    }
    $token = Get-EntraBetaAgentIdentityToken @agent
    $uri = 'https://graph.microsoft.com/v1.0/users'
    Invoke-RestMethod $uri -Headers @{ Authorization = "Bearer $token" }

    Reads the users of the tenant as the agent identity. A vault keeps the
    secret of its blueprint.

    .EXAMPLE
    Set-EntraBetaAgentIdentityContext @agent
    $scope = 'https://graph.microsoft.com/Mail.Read'
    Get-EntraBetaAgentIdentityToken -Mode OBO -UserToken $call -Scope $scope

    Gets a token for the user who has called the agent with the token $call.
    What all calls have in common is kept for the session.

    .EXAMPLE
    $account = 'invoice.agent@contoso.onmicrosoft.com'
    Get-EntraBetaAgentIdentityToken -Mode AutonomousUser -UserUpn $account

    Gets a token for the agent's own user account.

    .EXAMPLE
    $blueprint = @{
        BlueprintAppId           = 'b1ee9000-0000-4000-8000-000000000007'
        BlueprintManagedIdentity = 'SystemAssigned'
        TenantId                 = 'contoso.onmicrosoft.com'
    }
    Set-EntraBetaAgentIdentityContext @blueprint
    $agents | ForEach-Object -Parallel {
        Get-EntraBetaAgentIdentityToken -AgentIdentityAppId $_
    }

    Gets the tokens of many agent identities at once (PowerShell 7). The
    managed identity of this computer proves the blueprint: there is no
    secret.

    .LINK
    Set-EntraBetaAgentIdentityContext

    .LINK
    about_EntraTokenBridge
    #>
    [CmdletBinding(PositionalBinding = $false)]
    [OutputType('System.String')]
    param(
        [string] $BlueprintAppId,

        [string] $AgentIdentityAppId,

        [securestring] $BlueprintSecret,

        [ArgumentCompleter({ & @(Get-Module EntraTokenBridge -All)[0] Complete-TokenArgument @args })]
        [string] $Scope = 'https://graph.microsoft.com/.default',

        [ValidateSet('AutonomousApp', 'OBO', 'AutonomousUser')]
        [string] $Mode = 'AutonomousApp',

        [string] $UserToken,

        [string] $UserUpn,

        [Alias('Tenant')]
        [string] $TenantId,

        [string] $UserId,

        [ArgumentCompleter({ & @(Get-Module EntraTokenBridge -All)[0] Complete-TokenArgument @args })]
        [string] $BlueprintCertificateThumbprint,

        [ArgumentCompleter({ & @(Get-Module EntraTokenBridge -All)[0] Complete-TokenArgument @args })]
        [string] $BlueprintManagedIdentity,

        [ValidateSet('AzureCloud', 'AzureChinaCloud', 'AzureGermanCloud', 'AzurePPE', 'AzureUSGovernment')]
        [Alias('EnvironmentName')]
        [string] $Environment,

        [string] $Claim,

        [ValidateRange(1, 86400)]
        [int] $TimeoutSeconds = 120,

        [switch] $AsSecureString,

        [switch] $Force
    )

    Invoke-AgentIdentityCommand (Get-EngineHost) $PSCmdlet $PSBoundParameters
}
