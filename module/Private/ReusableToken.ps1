# Results that may be handed out again without asking the engine, and the only thing that the host decides by itself:
# under everything that decides a token (set, parameters, environment), until when the engine said.

# Get-AzToken looks them up itself and takes no lock: a hashtable can be read while one caller changes it. What it finds
# is the engine's result; the first who wants it again has it made into what is handed out (Complete-ReusableToken).

#   Generation  of the time when the request was sent: what was forgotten since then must not come back
function Add-ReusableToken {
    param($EngineHost, $Key, $Result, $Generation)

    try {
        [System.Threading.Monitor]::Enter($EngineHost)
        if ($EngineHost['Generation'] -ne $Generation) { return }
        $reusable = $EngineHost['Reusable']
        if ($reusable.Count -ge 1000) { $reusable.Clear() }
        $reusable[$Key] = @{ Result = $Result; Token = $null; UntilTicks = 0 }
    }
    finally { [System.Threading.Monitor]::Exit($EngineHost) }
}
