# Tells the person what the engine says about a request under way, and does what it asks. Returns the progress that is
# shown since, if any.
function Write-EngineMessage {
    param($Cmdlet, $Message, $Progress, $Call)

    # A module's function sees the session's preference, not that of the script that calls it.
    $ProgressPreference = $Cmdlet.GetVariableValue('ProgressPreference')
    $said = $Message.params
    switch ($Message.method) {
        'host/log' { Write-EngineText $Cmdlet $said.level $said.message }
        'host/deviceCode' { Write-EngineText $Cmdlet 'warning' $said.message }
        'host/sign' { Send-Signature $Call['Engine'] $Message $Call['Certificate'] }
        'host/progress' {
            if ($Progress) { Complete-EngineProgress $Cmdlet $Progress; $Progress = $null }
            if ($said.until) {
                $record = [System.Management.Automation.ProgressRecord]::new(27182, $said.activity, $said.status)
                $Progress = @{ Record = $record; Until = [System.DateTimeOffset]::FromUnixTimeMilliseconds($said.until) }
                Update-EngineProgress $Cmdlet $Progress
            }
        }
    }
    $Progress
}

# A line on one of the cmdlet's streams: 'warning', 'verbose' or 'debug'.
# The methods of the cmdlet are used, not Write-Warning and the like: those belong to a module that may not be loaded, and
# what they stop would look like a failure of ours. But with -Debug alone the methods ask after each verbose message and each
# warning whether to go on, and throw where there is nobody to be asked; Write-Verbose and Write-Warning go by the preferences.
function Write-EngineText {
    param($Cmdlet, $Level, $Text)

    # A module's function sees the session's preferences, not those of the script that calls it.
    $WarningPreference = $Cmdlet.GetVariableValue('WarningPreference')
    $VerbosePreference = $Cmdlet.GetVariableValue('VerbosePreference')
    $DebugPreference = $Cmdlet.GetVariableValue('DebugPreference')
    if ($Level -eq 'debug') { $Cmdlet.WriteDebug($Text); return }
    $given = $Cmdlet.MyInvocation.BoundParameters
    $itsParameter = if ($Level -eq 'warning') { 'WarningAction' } else { 'Verbose' }
    $mayAsk = $given['Debug'] -and -not $given.ContainsKey($itsParameter)
    if ($Level -eq 'warning') { if ($mayAsk) { Write-Warning $Text } else { $Cmdlet.WriteWarning($Text) } }
    elseif ($mayAsk) { Write-Verbose $Text }
    else { $Cmdlet.WriteVerbose($Text) }
}

# The time left, once a second.
function Update-EngineProgress {
    param($Cmdlet, $Progress)

    $left = [int][System.Math]::Max(0, [System.Math]::Ceiling(($Progress.Until - [System.DateTimeOffset]::UtcNow).TotalSeconds))
    if ($left -eq $Progress.Record.SecondsRemaining) { return }
    $Progress.Record.SecondsRemaining = $left
    $Cmdlet.WriteProgress($Progress.Record)
}

function Complete-EngineProgress {
    param($Cmdlet, $Progress)

    $Progress.Record.RecordType = [System.Management.Automation.ProgressRecordType]::Completed
    try { $Cmdlet.WriteProgress($Progress.Record) }
    catch [System.Management.Automation.PipelineStoppedException] { Write-Debug 'A stopped pipeline shows nothing.' }
}
