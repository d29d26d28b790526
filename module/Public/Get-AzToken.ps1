function Get-AzToken {
    <#
    .SYNOPSIS
    Gets an access token of Microsoft Entra ID for Microsoft Graph, Azure or any other resource.

    .DESCRIPTION
    Gets an access token of Microsoft Entra ID for a resource, in one of three ways:

    - Without a switch, nobody is asked anything. The sources of a token are tried in order, and the first one that is
      set up decides: the account that signed in with -Interactive earlier in this session; the environment variables
      AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET (or AZURE_CLIENT_CERTIFICATE_PATH); Azure PowerShell;
      Azure CLI; Azure Developer CLI; Visual Studio Code; Visual Studio; a managed identity. When none has a token, the
      error says for each one why.
    - With -Interactive, a person signs in in the browser. The account is remembered until the session ends, so that
      later calls without a switch use it.
    - With -ManagedIdentity, the identity of the Azure resource is used on which the session runs.

    A token is handed out again until five minutes before it expires. -Force and -Claim always ask for a new one.

    The object's default view does not show the token. As text, "$token", it is the token alone.

    .PARAMETER Resource
    What the token is for: the address, the application ID URI or the application id of an API, such as
    https://vault.azure.net. Without it, the token is for Microsoft Graph.

    .PARAMETER Scope
    The permissions of the resource that the token is to have, such as User.Read. Without it, .default is asked for:
    whatever the application has been granted.

    .PARAMETER TenantId
    The tenant that issues the token: its id, or one of its domains.

    .PARAMETER Claim
    The claims challenge with which a resource has refused an earlier token: JSON, decoded.

    .PARAMETER ClientId
    The application id of the app registration that the person signs in to, instead of the Azure CLI's. With
    -ManagedIdentity: the client id of a user-assigned identity.

    .PARAMETER CredentialPrecedence
    The sources to try when nobody is asked, in this order and no others. An account that has signed in in this session
    still comes first.

    .PARAMETER Interactive
    A person signs in in the browser of this computer.

    .PARAMETER ManagedIdentity
    The token is for the managed identity of the Azure resource that the session runs on: a virtual machine, an App
    Service or Functions app, an Automation account, a server connected by Azure Arc.

    .PARAMETER TimeoutSeconds
    After how many seconds the attempt is given up: with -Interactive how long the person has to sign in. 120 without it.

    .PARAMETER AsSecureString
    The object's Token is a SecureString instead of a string.

    .PARAMETER Force
    Asks for a new token, and forgets which account has signed in earlier in this session.

    .INPUTS
    None

    .OUTPUTS
    EntraTokenBridge.AzToken, with the properties Token, ExpiresOn, Identity, TenantId, Scopes and Claims.

    .EXAMPLE
    Get-AzToken

    Gets a token for Microsoft Graph from the first source that has one, without asking anybody.

    .EXAMPLE
    $token = Get-AzToken 'https://management.azure.com' -TenantId contoso.onmicrosoft.com
    Invoke-RestMethod 'https://management.azure.com/subscriptions?api-version=2022-12-01' -Headers @{ Authorization = "Bearer $token" }

    Lists the subscriptions that the token gives access to. In a string, the object is its token.

    .EXAMPLE
    Get-AzToken -Scope User.Read, Mail.Send -ClientId 4ad5e0fa-98b7-40b2-b12a-5a5a2d6bd7f3 -Interactive

    Lets a person sign in to an application of yours, for two permissions of Microsoft Graph.

    .EXAMPLE
    Get-AzToken -Resource 'https://vault.azure.net' -ManagedIdentity

    Gets a token for Azure Key Vault as the identity of the virtual machine or app that the script runs on.

    .EXAMPLE
    (Get-AzToken).Claims['roles']

    Shows which application roles the token has.

    .LINK
    about_EntraTokenBridge
    #>
    [CmdletBinding(DefaultParameterSetName = 'NonInteractive', PositionalBinding = $false)]
    [OutputType('EntraTokenBridge.AzToken')]
    param(
        [Parameter(Position = 0)]
        [ValidateNotNullOrEmpty()]
        [Alias('ResourceId', 'ResourceUrl')]
        [ArgumentCompleter({ Complete-TokenResource $args[2] })]
        [string] $Resource = 'https://graph.microsoft.com',

        [Parameter(Position = 1)]
        [ValidateNotNullOrEmpty()]
        [ArgumentCompleter({ Complete-TokenScope $args[2] $args[4]['Resource'] })]
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

    $engineHost = Get-EngineHost
    if (-not $engineHost.Engine) { $null = Open-TokenEngine $engineHost }

    $set = $PSCmdlet.ParameterSetName
    $environment = Get-SessionEnvironment
    $key = ($set, $Resource, ($Scope -join ' '), $TenantId, $ClientId, ($CredentialPrecedence -join ' '), $environment) -join "`n"
    if ($Force) { Clear-ReusableToken $engineHost }
    elseif (-not $Claim) {
        $token = Find-ReusableToken $engineHost $key
        if ($token) { return Copy-AzToken $token $AsSecureString }
    }

    # A module's function sees the session's preferences, not those of the script that calls it.
    foreach ($name in 'Verbose', 'Debug', 'Warning', 'Progress', 'ErrorAction') {
        if ($PSBoundParameters.ContainsKey($name)) { continue }
        $ExecutionContext.SessionState.PSVariable.Set($name + 'Preference', $PSCmdlet.GetVariableValue($name + 'Preference'))
    }

    try {
        $parameters = @{ resource = $Resource; scope = $Scope }
        if ($TenantId) { $parameters['tenantId'] = $TenantId }
        if ($Claim) { $parameters['claim'] = $Claim }
        if ($ClientId) { $parameters['clientId'] = $ClientId }
        if ($CredentialPrecedence) { $parameters['credentialPrecedence'] = $CredentialPrecedence }
        if ($PSBoundParameters.ContainsKey('TimeoutSeconds')) { $parameters['timeoutSeconds'] = $TimeoutSeconds }
        if ($Force) { $parameters['force'] = $true }
        $request = @{ parameterSet = $set; parameters = $parameters }
        if ($DebugPreference -ne 'SilentlyContinue') { $request['logLevel'] = 'debug' }
        elseif ($VerbosePreference -ne 'SilentlyContinue') { $request['logLevel'] = 'verbose' }

        $generation = $engineHost.Generation
        $answer = Invoke-TokenEngine $PSCmdlet $engineHost 'azToken/get' $request $environment ($set -ne 'Interactive')
        $failure = $answer.error
        if (-not $failure) {
            $token = ConvertTo-AzToken $answer.result
            if ($Interactive) {
                Clear-ReusableToken $engineHost
                $generation = $engineHost.Generation
            }
            if ($answer.result.reusableUntil -and -not $Claim) {
                Add-ReusableToken $engineHost $key $token ([long]$answer.result.reusableUntil) $generation
            }
        }
    }
    catch {
        $failure = Get-EngineFailure "The module failed: $_ $($_.ScriptStackTrace)"
    }
    if ($failure) { $PSCmdlet.WriteError((ConvertTo-TokenErrorRecord $failure ($set + 'TokenError') $Resource)) }
    else { Copy-AzToken $token $AsSecureString }
}
