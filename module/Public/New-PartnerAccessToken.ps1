function New-PartnerAccessToken {
    <#
    .SYNOPSIS
    Gets an access token of Microsoft Entra ID for partners' applications.

    .DESCRIPTION
    Gets an access token the way the secure application model wants it: a
    person consents once in the browser, and from then on a script gets its
    tokens with the refresh token of that sign-in, and with the secret or
    the certificate of the application. The parameters choose the way:

    1. -RefreshToken: a new token for whoever signed in. With -Credential or
       -CertificateThumbprint for an application that has a secret or a
       certificate, without them for one that has neither. The result brings
       a new refresh token; keep that one for the next time.
    2. -ServicePrincipal with -Credential, or -CertificateThumbprint: a token
       for the application itself, or, with -UseAuthorizationCode, for a
       person who signs in to it in the browser.
    3. -ApplicationId and -Scopes alone: a person signs in in the browser,
       or with -UseDeviceAuthentication on another device. Who has signed in
       to the same application earlier in this session is not asked again.
    4. -Module: a token for that module, for a person who signs in with a
       code, or in the browser with -UseAuthorizationCode.
    5. -AccessToken: nobody is asked; a token that is there already is read.

    The browser comes back to http://localhost:PORT/, where PORT is the
    first from 8400 to 8999 that is free. That address must be registered
    with the application: http://localhost is, for any port.

    The private key of a certificate never leaves PowerShell.

    The object that is returned shows no token on the screen. Its
    AccessToken is the token.

    .PARAMETER AccessToken
    An access token that is there already. It is checked for its expiry and
    described; nothing is asked of Entra.

    .PARAMETER ApplicationId
    The application (client) id of the app registration, a GUID.
    With -RefreshToken and -Credential the user name of the credential
    decides, and this one may be left out. Other name: -ClientId.

    .PARAMETER CertificateThumbprint
    The thumbprint of the certificate with which the application proves
    itself. It is looked for in the store My of the current user, then of
    the local machine, and must have its private key there.

    .PARAMETER Credential
    The credential of the application: its id as user name, and its client
    secret as password.

    .PARAMETER Environment
    The cloud that issues the token. Without it, the variable
    AZURE_AUTHORITY_HOST decides, and without that it is AzureCloud.
    The others: AzureChinaCloud, AzureGermanCloud, AzurePPE,
    AzureUSGovernment. Other name: -EnvironmentName.

    .PARAMETER Module
    The module that the token is for; its application and scopes are known.
    Other name: -ModuleName.

    .PARAMETER RefreshToken
    The refresh token of an earlier sign-in: RefreshToken of that result.

    .PARAMETER Scopes
    What the token is to be good for: the resource and one of its
    permissions, such as https://graph.microsoft.com/User.Read, or .default
    for all that has been consented to.

    .PARAMETER ServicePrincipal
    The application has a secret or a certificate. It chooses the parameter
    set together with -Credential, and changes nothing else.

    .PARAMETER Tenant
    The tenant that issues the token: its id, or one of its domains.
    Without it, the tenant of whoever signs in.
    Other names: -Domain, -TenantId.

    .PARAMETER UseAuthorizationCode
    A person signs in in the browser of this computer.
    Other name: -AuthCode.

    .PARAMETER UseDeviceAuthentication
    A person signs in in a browser anywhere, with a code that is shown as a
    warning. Other names: -DeviceCode, -DeviceAuth, -Device.

    .PARAMETER TimeoutSeconds
    After how many seconds the attempt is given up. Without it, 900 where a
    person has to sign in and 120 in all else; a day at most.

    .PARAMETER AsSecureString
    AccessToken, RefreshToken and IdToken of the result are SecureStrings
    instead of strings.

    .INPUTS
    None. Nothing is taken from the pipeline.

    .OUTPUTS
    EntraTokenBridge.AuthResult
    Its properties are AccessToken, IsExtendedLifeTimeToken, UniqueId,
    ExpiresOn, ExtendedExpiresOn, TenantId, Account, IdToken, Scopes,
    CorrelationId and RefreshToken.

    .EXAMPLE
    $scope = 'https://api.partnercenter.microsoft.com/user_impersonation'
    $credential = Get-Credential -Message 'Application id and secret'
    $signIn = @{
        ApplicationId        = $credential.UserName
        Credential           = $credential
        ServicePrincipal     = $true
        Tenant               = 'contoso.onmicrosoft.com'
        UseAuthorizationCode = $true
    }
    $token = New-PartnerAccessToken @signIn -Scopes $scope
    Set-Secret PartnerRefreshToken -Secret $token.RefreshToken

    The first consent: a person signs in to the application in the browser,
    and a vault keeps the refresh token.

    .EXAMPLE
    $refresh = @{
        Credential   = $credential
        RefreshToken = Get-Secret PartnerRefreshToken -AsPlainText
        Tenant       = 'contoso.onmicrosoft.com'
    }
    $token = New-PartnerAccessToken @refresh -Scopes $scope
    Set-Secret PartnerRefreshToken -Secret $token.RefreshToken

    Gets a token for the person who consented, without asking anybody, and
    keeps the new refresh token.

    .EXAMPLE
    $app = @{
        ApplicationId         = '4ad5e0fa-98b7-40b2-b12a-5a5a2d6bd7f3'
        CertificateThumbprint = '9A1B6E0C33F24D0A8F9B7E3D1C5A2B4E6F708192'
        Tenant                = 'contoso.onmicrosoft.com'
        Scopes                = 'https://graph.microsoft.com/.default'
    }
    $token = New-PartnerAccessToken @app

    Gets a token for the application itself, which proves itself with a
    certificate of the store.

    .EXAMPLE
    $token = New-PartnerAccessToken -Module ExchangeOnline
    $kept = $token.RefreshToken

    Gets a token for Exchange Online, for a person who signs in with a code.

    .EXAMPLE
    $refresh = @{ Module = 'ExchangeOnline'; RefreshToken = $kept }
    $token = New-PartnerAccessToken @refresh -Tenant contoso.com

    The same without a person, with the refresh token of that sign-in.

    .LINK
    about_EntraTokenBridge
    #>
    [CmdletBinding(PositionalBinding = $false)]
    [OutputType('EntraTokenBridge.AuthResult')]
    param(
        [Parameter(ParameterSetName = 'AccessToken', Mandatory)]
        [ValidateNotNullOrEmpty()]
        [string] $AccessToken,

        [Parameter(ParameterSetName = 'AccessToken', Mandatory)]
        [Parameter(ParameterSetName = 'RefreshToken')]
        [Parameter(ParameterSetName = 'ServicePrincipal', Mandatory)]
        [Parameter(ParameterSetName = 'ServicePrincipalCertificate', Mandatory)]
        [Parameter(ParameterSetName = 'User', Mandatory)]
        [ValidateNotNullOrEmpty()]
        [Alias('ClientId')]
        [string] $ApplicationId,

        [Parameter(ParameterSetName = 'RefreshToken')]
        [Parameter(ParameterSetName = 'ServicePrincipalCertificate', Mandatory)]
        [ArgumentCompleter({ & @(Get-Module EntraTokenBridge -All)[0] Complete-TokenArgument @args })]
        [string] $CertificateThumbprint,

        [Parameter(ParameterSetName = 'AccessToken')]
        [Parameter(ParameterSetName = 'RefreshToken')]
        [Parameter(ParameterSetName = 'ServicePrincipal', Mandatory)]
        [ValidateNotNull()]
        [pscredential] $Credential,

        [ValidateSet('AzureCloud', 'AzureChinaCloud', 'AzureGermanCloud', 'AzurePPE', 'AzureUSGovernment')]
        [Alias('EnvironmentName')]
        [string] $Environment,

        [Parameter(ParameterSetName = 'RefreshToken')]
        [Parameter(ParameterSetName = 'ByModule', Mandatory)]
        [ValidateSet('ExchangeOnline')]
        [Alias('ModuleName')]
        [string] $Module,

        [Parameter(ParameterSetName = 'RefreshToken', Mandatory)]
        [Parameter(ParameterSetName = 'ByModule')]
        [ValidateNotNullOrEmpty()]
        [string] $RefreshToken,

        [Parameter(ParameterSetName = 'AccessToken', Mandatory)]
        [Parameter(ParameterSetName = 'RefreshToken', Mandatory)]
        [Parameter(ParameterSetName = 'ServicePrincipal', Mandatory)]
        [Parameter(ParameterSetName = 'ServicePrincipalCertificate', Mandatory)]
        [Parameter(ParameterSetName = 'User', Mandatory)]
        [ArgumentCompleter({ & @(Get-Module EntraTokenBridge -All)[0] Complete-TokenArgument @args })]
        [string[]] $Scopes,

        [Parameter(ParameterSetName = 'RefreshToken')]
        [Parameter(ParameterSetName = 'ServicePrincipal', Mandatory)]
        [Parameter(ParameterSetName = 'ServicePrincipalCertificate')]
        [switch] $ServicePrincipal,

        [Parameter(ParameterSetName = 'AccessToken')]
        [Parameter(ParameterSetName = 'RefreshToken')]
        [Parameter(ParameterSetName = 'ServicePrincipal', Mandatory)]
        [Parameter(ParameterSetName = 'ServicePrincipalCertificate', Mandatory)]
        [Parameter(ParameterSetName = 'User')]
        [Parameter(ParameterSetName = 'ByModule')]
        [ValidateNotNullOrEmpty()]
        [Alias('Domain', 'TenantId')]
        [string] $Tenant,

        [Parameter(ParameterSetName = 'ServicePrincipal')]
        [Parameter(ParameterSetName = 'ServicePrincipalCertificate')]
        [Parameter(ParameterSetName = 'User')]
        [Parameter(ParameterSetName = 'ByModule')]
        [Alias('AuthCode')]
        [switch] $UseAuthorizationCode,

        [Parameter(ParameterSetName = 'User')]
        [Alias('DeviceCode', 'DeviceAuth', 'Device')]
        [switch] $UseDeviceAuthentication,

        [ValidateRange(1, 86400)]
        [int] $TimeoutSeconds,

        [switch] $AsSecureString
    )

    Invoke-PartnerCommand (Get-EngineHost) $PSCmdlet 'partnerAccessToken/new' $PSBoundParameters 'Microsoft.Store.PartnerCenter.PowerShell.Models.Authentication.AuthResult'
}
