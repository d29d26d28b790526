# Ends a command with an error record, as its caller's preferences want it: not terminating by itself.
#   Failure     an error object of the engine, or of Get-EngineFailure
#   ErrorId     the flow's, as upstream names it
#   Target      what the token was wanted for
#   EndsScript  it is terminating unless the caller's preferences say otherwise, as where upstream's command throws
function Write-TokenError {
    param($Cmdlet, $Failure, $ErrorId, $Target, [switch] $EndsScript)

    # A module's function sees the session's preference, not that of the script that calls it.
    $ErrorActionPreference = $Cmdlet.GetVariableValue('ErrorActionPreference')
    if ($EndsScript -and $ErrorActionPreference -eq 'Continue') { $ErrorActionPreference = 'Stop' }
    $Cmdlet.WriteError((ConvertTo-TokenErrorRecord $Failure $ErrorId $Target))
}
