# The object that Get-AzToken hands out, from the engine's result.
function ConvertTo-AzToken {
    param($Result)

    # Not a generic dictionary: to find and make one costs more than the request to the engine.
    $claims = [System.Collections.Specialized.OrderedDictionary]::new()
    foreach ($claim in $Result.claims) {
        # Each value has an apostrophe before it on the wire.
        $claims[$claim[0]] = [Array]::AsReadOnly(
            [string[]]@(for ($index = 1; $index -lt $claim.Count; $index++) { $claim[$index].Substring(1) }))
    }
    $token = [pscustomobject]@{
        PSTypeName = 'EntraTokenBridge.AzToken'
        Token      = $Result.token
        ExpiresOn  = [DateTimeOffset]::FromUnixTimeMilliseconds([long]$Result.expiresOn)
        Identity   = $Result.identity
        TenantId   = $Result.tenantId
        Scopes     = [string[]]$Result.scopes.ToArray()
        # Read-only, names and values, as upstream's: the same claims may be handed out again.
        Claims     = $claims.AsReadOnly()
    }
    # Upstream's name for the same: formats, types and scripts that go by it work.
    $token.PSObject.TypeNames.Insert(1, 'PipeHow.AzAuth.AzToken')
    $token.PSObject.Members.Add($TokenAsText)
    $token.PSObject.Members.Add($TokenDefaultView)
    $token
}

# How the object looks as text and on the screen goes with the object itself: type data of a module's ps1xml is now and
# then missing in a runspace where others import the module at the same moment, and the token must never be shown.
# A script block that was made from text belongs to no runspace, so it works in any.
$script:TokenAsText = [System.Management.Automation.PSScriptMethod]::new('ToString', [scriptblock]::Create('[string]$this.Token'))
$script:TokenDefaultView = [System.Management.Automation.PSMemberSet]::new('PSStandardMembers',
    [System.Management.Automation.PSMemberInfo[]]@([System.Management.Automation.PSPropertySet]::new(
            'DefaultDisplayPropertySet', [string[]]('ExpiresOn', 'Identity', 'TenantId', 'Scopes'))))

# An object of somebody's own: what they change in it, nobody else sees.
function Copy-AzToken {
    param($Token)

    $copy = $Token.PSObject.Copy()
    $copy.Scopes = $copy.Scopes.Clone()
    $copy
}

# The same with its token as a SecureString.
function Protect-AzToken {
    param($Token)

    $copy = Copy-AzToken $Token
    $copy.Token = [System.Net.NetworkCredential]::new('', $copy.Token).SecurePassword
    $copy
}
