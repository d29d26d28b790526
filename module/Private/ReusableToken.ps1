# Results that may be handed out again without asking the engine, and the only thing that the host decides by itself:
# under everything that decides a token (set, parameters, environment), until when the engine said.

# Get-AzToken looks them up itself and takes no lock: a hashtable can be read while one caller changes it.

#   Generation  of the time when the request was sent: what was forgotten since then must not come back
function Add-ReusableToken {
    param($EngineHost, $Key, $Result, $Generation)

    $ticks = [System.DateTimeOffset]::FromUnixTimeMilliseconds($Result['reusableUntil']).UtcTicks
    try {
        [System.Threading.Monitor]::Enter($EngineLock)
        if ($EngineHost['Generation'] -ne $Generation) { return }
        $reusable = $EngineHost['Reusable']
        if ($reusable.Count -ge 1000) { $reusable.Clear() }
        $reusable[$Key] = @{ Result = $Result; Token = $null; UntilTicks = $ticks }
    }
    finally { [System.Threading.Monitor]::Exit($EngineLock) }
}
