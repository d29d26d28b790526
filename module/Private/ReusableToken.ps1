# Results that may be handed out again without asking the engine, and the only thing that the host decides by itself:
# under everything that decides a token (set, parameters, environment), until when the engine said.

# Get-AzToken looks them up itself and takes no lock: a hashtable can be read while one caller changes it.

#   Generation  of the time when the request was sent: what was forgotten since then must not come back
#   Until       Unix milliseconds
function Add-ReusableToken {
    param($EngineHost, $Key, $Token, $Until, $Generation)

    try {
        [System.Threading.Monitor]::Enter($EngineHost)
        if ($EngineHost.Generation -ne $Generation) { return }
        if ($EngineHost.Reusable.Count -ge 1000) { $EngineHost.Reusable.Clear() }
        $EngineHost.Reusable[$Key] = @{ Token = $Token; UntilTicks = [DateTimeOffset]::FromUnixTimeMilliseconds($Until).UtcTicks }
    }
    finally { [System.Threading.Monitor]::Exit($EngineHost) }
}

# Somebody else may be signed in now.
function Clear-ReusableToken {
    param($EngineHost)

    try {
        [System.Threading.Monitor]::Enter($EngineHost)
        $EngineHost.Reusable.Clear()
        $EngineHost.Generation++
    }
    finally { [System.Threading.Monitor]::Exit($EngineHost) }
}
