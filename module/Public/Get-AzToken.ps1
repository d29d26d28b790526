function Get-AzToken {
    <#
    .SYNOPSIS
    Gets an access token of Microsoft Entra ID.

    .DESCRIPTION
    Gets an access token of Microsoft Entra ID for Microsoft Graph, Azure
    or any other resource, in one of three ways.

    Without a switch, nobody is asked anything. These sources of a token are
    tried in order, and the first one that is set up decides:

    1. the account that signed in with -Interactive earlier in this
       session, for the same tenant
    2. the environment variables AZURE_TENANT_ID, AZURE_CLIENT_ID and
       AZURE_CLIENT_SECRET or AZURE_CLIENT_CERTIFICATE_PATH
    3. Azure PowerShell
    4. Azure CLI
    5. Azure Developer CLI
    6. Visual Studio Code
    7. Visual Studio
    8. the managed identity of the Azure resource that this is

    When none of them has a token, the error says for each one why.

    With -Interactive, a person signs in in the browser, each time. The
    account is remembered until the session ends, and later calls without a
    switch use it, as long as they ask for the same tenant.

    With -ManagedIdentity, only the managed identity is asked.

    Without -Interactive, a token is handed out again until five minutes
    before it expires; -Force and -Claim ask for a new one.

    The object that is returned does not show its token on the screen. As
    text, "$token", it is the token and nothing else.

    .PARAMETER Resource
    What the token is for: the https address, the application ID URI
    (api://...) or the application id of an API. Without it, the token is
    for Microsoft Graph. Other names: -ResourceId, -ResourceUrl.

    .PARAMETER Scope
    The permissions of the resource that the token is to have, such as
    User.Read. Without it, .default is asked for: whatever the application
    has been granted. A managed identity's token always has .default.

    .PARAMETER TenantId
    The tenant that issues the token: its id, or one of its domains. An
    account that has signed in with -Interactive is used by later calls as
    long as they ask for the same tenant as that sign-in, or like it for
    none. A managed identity's token is always of its own tenant.
    Other name: -Tenant.

    .PARAMETER Claim
    The claims challenge with which a resource has refused an earlier
    token: JSON, decoded.

    .PARAMETER ClientId
    With -Interactive: the application id of the app registration that the
    person signs in to, instead of Azure CLI's. In all else: the client id
    of a user-assigned managed identity.

    .PARAMETER CredentialPrecedence
    The sources to try when nobody is asked: these, in this order, and no
    others. There are Environment, AzurePowerShell, AzureCLI,
    AzureDeveloperCli, VisualStudioCode, VisualStudio and
    ManagedIdentity. An account that has signed in in this session for
    the same tenant still comes first.

    .PARAMETER Interactive
    A person signs in in the browser of this computer.

    .PARAMETER ManagedIdentity
    The token is for the managed identity of the Azure resource that the
    session runs on: a virtual machine, an App Service or Functions app,
    an Automation account, a server connected by Azure Arc.

    .PARAMETER TimeoutSeconds
    After how many seconds the attempt is given up; with -Interactive, how
    long the person has to sign in. 120 without it, a day at most.

    .PARAMETER AsSecureString
    The object's Token is a SecureString instead of a string.

    .PARAMETER Force
    Asks for a new token, and forgets which account has signed in earlier
    in this session.

    .INPUTS
    None. Nothing is taken from the pipeline.

    .OUTPUTS
    EntraTokenBridge.AzToken
    Its properties are Token, ExpiresOn, Identity, TenantId, Scopes and
    Claims.

    .EXAMPLE
    Get-AzToken

    Gets a token for Microsoft Graph from the first source that is set up,
    without asking anybody.

    .EXAMPLE
    $token = Get-AzToken https://management.azure.com -Tenant contoso.com
    $uri = 'https://management.azure.com/subscriptions?api-version=2022-12-01'
    Invoke-RestMethod $uri -Headers @{ Authorization = "Bearer $token" }

    Lists the subscriptions that the token gives access to. In a string, the
    object is its token.

    .EXAMPLE
    $app = '4ad5e0fa-98b7-40b2-b12a-5a5a2d6bd7f3'
    Get-AzToken -Interactive -ClientId $app -Scope User.Read, Mail.Send

    Lets a person sign in to an application of yours, for two permissions of
    Microsoft Graph.

    .EXAMPLE
    Get-AzToken -Resource https://vault.azure.net -ManagedIdentity

    Gets a token for Azure Key Vault as the identity of the virtual machine
    or app that the script runs on.

    .EXAMPLE
    $env:AZURE_TENANT_ID = 'contoso.com'
    $env:AZURE_CLIENT_ID = 'c0f1de00-0000-4000-8000-000000000001'
    $env:AZURE_CLIENT_SECRET = Get-Secret MyAppSecret -AsPlainText
    Get-AzToken -CredentialPrecedence Environment

    Gets a token for an application with its secret, which a vault keeps.
    No other source is tried.

    .EXAMPLE
    (Get-AzToken).Claims['roles']

    Shows which application roles the token has.

    .LINK
    about_EntraTokenBridge
    #>
    [CmdletBinding(DefaultParameterSetName = 'NonInteractive')]
    [OutputType('EntraTokenBridge.AzToken')]
    param(
        [Parameter(Position = 0)]
        [ValidateNotNullOrEmpty()]
        [Alias('ResourceId', 'ResourceUrl')]
        [ArgumentCompleter({ & @(Get-Module EntraTokenBridge -All)[0] Complete-TokenArgument @args })]
        [string] $Resource = 'https://graph.microsoft.com',

        [Parameter(Position = 1)]
        [ValidateNotNullOrEmpty()]
        [ArgumentCompleter({ & @(Get-Module EntraTokenBridge -All)[0] Complete-TokenArgument @args })]
        [string[]] $Scope = '.default',

        [ValidateNotNullOrEmpty()]
        [Alias('Tenant')]
        [string] $TenantId,

        [ValidateNotNullOrEmpty()]
        [string] $Claim,

        [ValidateNotNullOrEmpty()]
        [string] $ClientId,

        [Parameter(ParameterSetName = 'NonInteractive')]
        [ValidateSet('Environment', 'AzurePowerShell', 'AzureCLI', 'AzureDeveloperCli', 'VisualStudioCode', 'VisualStudio', 'ManagedIdentity')]
        [string[]] $CredentialPrecedence,

        [Parameter(ParameterSetName = 'Interactive', Mandatory)]
        [switch] $Interactive,

        [Parameter(ParameterSetName = 'ManagedIdentity', Mandatory)]
        [switch] $ManagedIdentity,

        [ValidateRange(1, 86400)]
        [int] $TimeoutSeconds = 120,

        [switch] $AsSecureString,

        [switch] $Force
    )

    # Up to the token that may be handed out again, nothing is called that need not be: a call of a function costs more
    # than what it does here.
    $engineHost = $EngineHost
    if ($engineHost -isnot [hashtable]) { $engineHost = Get-EngineHost }

    # Get-SessionEnvironment, without its call; the values that are known need not be joined.
    $variables = $ReadEnvironment.Invoke()
    if ($OnWindows) { $variables = ConvertTo-CaseInsensitive $variables }
    $values = $variables[$EnvironmentNames]
    $known = $engineHost['Environment'] # see Complete-ReusableToken
    $environment = if ($known -and $known['Comparer'].Equals($values, $known['Values'])) { $known['Text'] } else { $values -join "`0" }
    # -Interactive:$false, as a script hands on a switch of its own, is no switch.
    $set = if ($Interactive) { 'Interactive' } elseif ($ManagedIdentity) { 'ManagedIdentity' } else { 'NonInteractive' }
    # The scope as it was given: to join the default takes as long as all else here.
    $key = ($set, $Resource, ($PSBoundParameters['Scope'] -join ' '), $TenantId, $ClientId,
        ($CredentialPrecedence -join ' '), $environment) -join "`n"
    if (-not $Force -and $null -eq $PSBoundParameters['Claim']) {
        $reusable = $engineHost['Reusable'][$key] # see Request-AzToken
        if ($reusable -and -not $reusable['Token']) { Complete-ReusableToken $engineHost $reusable $values $environment }
        if ($reusable -and $reusable['UntilTicks'] -gt [datetime]::UtcNow.Ticks) {
            if ($AsSecureString) { return Protect-AzToken $reusable['Token'] }
            # An object of the caller's own: what they change in it, nobody else sees.
            $token = $reusable['Copy'].Invoke()
            $token.Scopes = $token.Scopes.Clone()
            return $token
        }
    }

    Request-AzToken $PSCmdlet $engineHost $set $PSBoundParameters $key $environment
}
