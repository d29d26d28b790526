# Makes a kept result into the token that is handed out from now on.
function Complete-ReusableToken {
    param($Reusable)

    $Reusable['UntilTicks'] = [System.DateTimeOffset]::FromUnixTimeMilliseconds($Reusable['Result']['reusableUntil']).UtcTicks
    $Reusable['Token'] = ConvertTo-AzToken $Reusable['Result']
}
