# Says so when the account that signed in is gone with the engine that knew it, and other sources were asked.
function Test-TokenMemory {
    param($Cmdlet, $EngineHost, $ParameterSet, $Force)

    if (-not $Force -and [System.Object]::ReferenceEquals($EngineHost['SignedInBy'], $EngineHost['Engine'])) { return }
    $EngineHost['SignedInBy'] = $null
    if ($ParameterSet -eq 'NonInteractive' -and -not $Force) {
        Write-EngineText $Cmdlet 'warning' ('The account that signed in with -Interactive is forgotten: the engine that knew it has ' +
            'ended. The other sources were asked. Sign in again with Get-AzToken -Interactive.')
    }
}
