# Makes a kept result into the token that is handed out from now on, and keeps the environment that it is for: to compare
# its values takes a fifth of the time that it takes to join them.
#   Values, Environment  as list and as text, see Get-SessionEnvironment
function Complete-ReusableToken {
    param($EngineHost, $Reusable, $Values, $Environment)

    $until = [System.DateTimeOffset]::FromUnixTimeMilliseconds($Reusable['Result']['reusableUntil']).UtcTicks
    $token = ConvertTo-AzToken $Reusable['Result']
    # PowerShell puts an object's PSObject together when it is first asked for something. Of two callers in two runspaces
    # who are the first at the same time, one would find it without its methods.
    $null = $token.PSObject.Copy()
    # The same two methods that were called so far, without what it costs PowerShell each time to find them.
    $copy = [System.Delegate]::CreateDelegate([System.Func[psobject]], $token, [psobject].GetMethod('Copy'))
    $script:ReadEnvironment = [System.Delegate]::CreateDelegate(
        [System.Func[System.Collections.IDictionary]], [System.Environment].GetMethod('GetEnvironmentVariables', [type[]]@()))
    try {
        [System.Threading.Monitor]::Enter($EngineHost)
        $EngineHost['Environment'] = @{
            Values   = $Values
            Text     = $Environment
            Comparer = [System.Collections.StructuralComparisons]::StructuralEqualityComparer
        }
        $Reusable['UntilTicks'] = $until
        $Reusable['Copy'] = $copy
        $Reusable['Token'] = $token
        $Reusable['Result'].Remove(0) # the engine's line
    }
    finally { [System.Threading.Monitor]::Exit($EngineHost) }
}
