# The object that New-PartnerAccessToken and New-SecMgmtAccessToken hand out, from the engine's result: MSAL.NET's
# AuthenticationResult with the refresh token, as upstream's.
#   TypeName  upstream's for the result
function ConvertTo-AuthResult {
    param($Result, $TypeName)

    $account = $null
    $known = $Result['account']
    if ($known) {
        $id = $known['homeAccountId']
        $account = [pscustomobject]@{
            Username      = $known['username']
            Environment   = $known['environment']
            HomeAccountId = [pscustomobject]@{
                Identifier = $id['identifier']
                ObjectId   = $id['objectId']
                TenantId   = $id['tenantId']
            }
        }
        $account.HomeAccountId.PSObject.Members.Add($HomeAccountIdAsText)
        $account.PSObject.Members.Add($AccountAsText)
    }
    $correlationId = $Result['correlationId']
    $authResult = [pscustomobject]@{
        PSTypeName              = 'EntraTokenBridge.AuthResult'
        AccessToken             = $Result['accessToken']
        IsExtendedLifeTimeToken = [bool]$Result['isExtendedLifeTimeToken']
        UniqueId                = $Result['uniqueId']
        ExpiresOn               = [System.DateTimeOffset]::FromUnixTimeMilliseconds($Result['expiresOn'])
        ExtendedExpiresOn       = [System.DateTimeOffset]::FromUnixTimeMilliseconds($Result['extendedExpiresOn'])
        TenantId                = $Result['tenantId']
        Account                 = $account
        IdToken                 = $Result['idToken']
        Scopes                  = [string[]]$Result['scopes']
        CorrelationId           = if ($correlationId) { [guid]$correlationId } else { [guid]::Empty }
        RefreshToken            = $Result['refreshToken']
    }
    $object = $authResult.PSObject
    # Formats, types and scripts that go by upstream's name work.
    if ($TypeName) { $object.TypeNames.Insert(1, $TypeName) }
    $object.Members.Add($AuthResultAsText)
    $object.Members.Add($AuthResultDefaultView)
    $authResult
}

# How the object looks goes with the object itself, as in ConvertTo-AzToken. No token is ever shown.
$script:AuthResultDefaultView = [System.Management.Automation.PSMemberSet]::new('PSStandardMembers',
    [System.Management.Automation.PSMemberInfo[]]@([System.Management.Automation.PSPropertySet]::new(
            'DefaultDisplayPropertySet', [string[]]('ExpiresOn', 'Account', 'UniqueId', 'TenantId', 'Scopes', 'CorrelationId'))))
# Upstream's class has no text of its own: its name. PowerShell's would be all properties, tokens too, wherever somebody
# puts the result into a log line, or passes it where a text or a SecureString is wanted and the error repeats it.
$script:AuthResultAsText = [System.Management.Automation.PSScriptMethod]::new('ToString', [scriptblock]::Create('[string]$this.PSObject.TypeNames[1]'))
$script:AccountAsText = [System.Management.Automation.PSScriptMethod]::new('ToString', [scriptblock]::Create('[string]$this.Username'))
$script:HomeAccountIdAsText = [System.Management.Automation.PSScriptMethod]::new('ToString', [scriptblock]::Create('[string]$this.Identifier'))

# Makes SecureStrings of what would let somebody act as its owner.
function Protect-AuthResult {
    param($AuthResult)

    foreach ($name in 'AccessToken', 'RefreshToken', 'IdToken') {
        $text = $AuthResult.$name
        if ($text) { $AuthResult.$name = [System.Net.NetworkCredential]::new('', $text).SecurePassword }
    }
}
