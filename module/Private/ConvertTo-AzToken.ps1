# The object that Get-AzToken hands out, from the engine's result.
function ConvertTo-AzToken {
    param($Result)

    # Not a generic dictionary: to find and make one costs more than the request to the engine.
    $claims = [System.Collections.Specialized.OrderedDictionary]::new()
    foreach ($claim in $Result['claims']) {
        $name, $values = $claim
        $claims[$name] = [System.Collections.ObjectModel.ReadOnlyCollection[string]][string[]]$values
    }
    $token = $BlankAzToken
    if ($token -is [psobject]) { $script:BlankAzToken = $null } else { $token = Get-BlankAzToken }
    $token.Token = $Result['token']
    $token.ExpiresOn = [System.DateTimeOffset]::FromUnixTimeMilliseconds($Result['expiresOn'])
    $token.Identity = $Result['identity']
    $token.TenantId = $Result['tenantId']
    $token.Scopes = [string[]]$Result['scopes']
    # Read-only, names and values, as upstream's: the same claims may be handed out again.
    $token.Claims = $claims.AsReadOnly()
    $token
}

# A token to be filled in: to put members on an object takes five times as long as to copy them.
function Get-BlankAzToken {
    # Not made before: the engine is to start first.
    if ($AzTokenTemplate -isnot [psobject]) { $script:AzTokenTemplate = New-AzTokenTemplate }
    $AzTokenTemplate.PSObject.Copy()
}

# How the object looks as text and on the screen goes with the object itself: type data of a module's ps1xml is now and
# then missing in a runspace where others import the module at the same moment, and the token must never be shown.
# A script block that was made from text belongs to no runspace, so it works in any.
function New-AzTokenTemplate {
    $template = [pscustomobject]@{
        PSTypeName = 'EntraTokenBridge.AzToken'
        Token      = $null
        ExpiresOn  = $null
        Identity   = $null
        TenantId   = $null
        Scopes     = $null
        Claims     = $null
    }
    $object = $template.PSObject
    # Upstream's name for the same: formats, types and scripts that go by it work.
    $object.TypeNames.Insert(1, 'PipeHow.AzAuth.AzToken')
    $object.Members.Add([System.Management.Automation.PSScriptMethod]::new('ToString', [scriptblock]::Create('[string]$this.Token')))
    $object.Members.Add([System.Management.Automation.PSMemberSet]::new('PSStandardMembers',
            [System.Management.Automation.PSMemberInfo[]]@([System.Management.Automation.PSPropertySet]::new(
                    'DefaultDisplayPropertySet', [string[]]('ExpiresOn', 'Identity', 'TenantId', 'Scopes')))))
    $template
}

$script:AzTokenTemplate = $null
# One that was made while the engine worked.
$script:BlankAzToken = $null
