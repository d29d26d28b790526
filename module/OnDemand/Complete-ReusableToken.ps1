# Makes a kept result into the token that is handed out from now on.
function Complete-ReusableToken {
    param($Reusable)

    $Reusable['UntilTicks'] = [System.DateTimeOffset]::FromUnixTimeMilliseconds($Reusable['Result']['reusableUntil']).UtcTicks
    $token = ConvertTo-AzToken $Reusable['Result']
    # PowerShell puts an object's PSObject together when it is first asked for something. Of two callers in two runspaces
    # who are the first at the same time, one would find it without its methods.
    $null = $token.PSObject.Copy()
    $Reusable['Token'] = $token
}
