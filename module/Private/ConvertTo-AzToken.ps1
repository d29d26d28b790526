# The object that Get-AzToken hands out, from the engine's result.
function ConvertTo-AzToken {
    param($Result)

    # Not a generic dictionary: to find and make one costs more than the request to the engine.
    $claims = [System.Collections.Specialized.OrderedDictionary]::new()
    foreach ($claim in $Result['claims']) {
        $name, $values = $claim
        $claims[$name] = [System.Collections.ObjectModel.ReadOnlyCollection[string]][string[]]$values
    }
    # Read-only, names and values, as upstream's: the same claims may be handed out again.
    $claims = $claims.AsReadOnly()
    $expiresOn = [System.DateTimeOffset]::FromUnixTimeMilliseconds($Result['expiresOn'])
    $scopes = [string[]]$Result['scopes']
    $token = $BlankAzToken
    # The first one: to fill it in would have PowerShell compile a rule for each property.
    if ($token -isnot [psobject]) { return New-AzToken $Result['token'] $expiresOn $Result['identity'] $Result['tenantId'] $scopes $claims }
    $script:BlankAzToken = $null
    $token.Token = $Result['token']
    $token.ExpiresOn = $expiresOn
    $token.Identity = $Result['identity']
    $token.TenantId = $Result['tenantId']
    $token.Scopes = $scopes
    $token.Claims = $claims
    $token
}

# How the object looks as text and on the screen goes with the object itself: type data of a module's ps1xml is now and
# then missing in a runspace where others import the module at the same moment, and the token must never be shown.
# A script block that was made from text belongs to no runspace, so it works in any.
function New-AzToken {
    param($Token, $ExpiresOn, $Identity, $TenantId, $Scopes, $Claims)

    $azToken = [pscustomobject]@{
        PSTypeName = 'EntraTokenBridge.AzToken'
        Token      = $Token
        ExpiresOn  = $ExpiresOn
        Identity   = $Identity
        TenantId   = $TenantId
        Scopes     = $Scopes
        Claims     = $Claims
    }
    $object = $azToken.PSObject
    # Upstream's name for the same: formats, types and scripts that go by it work.
    $object.TypeNames.Insert(1, 'PipeHow.AzAuth.AzToken')
    $object.Members.Add([System.Management.Automation.PSScriptMethod]::new('ToString', [scriptblock]::Create('[string]$this.Token')))
    $object.Members.Add([System.Management.Automation.PSMemberSet]::new('PSStandardMembers',
            [System.Management.Automation.PSMemberInfo[]]@([System.Management.Automation.PSPropertySet]::new(
                    'DefaultDisplayPropertySet', [string[]]('ExpiresOn', 'Identity', 'TenantId', 'Scopes')))))
    $azToken
}

# A token to be filled in, and one that is copied for that while the engine works: to put members on an object takes five
# times as long as to copy them.
$script:BlankAzToken = $null
$script:AzTokenTemplate = $null
