# Tells the person what the engine says about a request under way, and does what it asks. Returns the progress that is
# shown since, if any.
# The methods of the cmdlet are used, not Write-Warning and the like: those belong to a module that may not be loaded.
function Write-EngineMessage {
    param($Cmdlet, $Message, $Progress, $Call)

    # A module's function sees the session's preferences, not those of the script that calls it.
    $WarningPreference = $Cmdlet.GetVariableValue('WarningPreference')
    $VerbosePreference = $Cmdlet.GetVariableValue('VerbosePreference')
    $DebugPreference = $Cmdlet.GetVariableValue('DebugPreference')
    $ProgressPreference = $Cmdlet.GetVariableValue('ProgressPreference')
    $said = $Message.params
    switch ($Message.method) {
        'host/log' {
            if ($said.level -eq 'warning') { $Cmdlet.WriteWarning($said.message) }
            elseif ($said.level -eq 'verbose') { $Cmdlet.WriteVerbose($said.message) }
            else { $Cmdlet.WriteDebug($said.message) }
        }
        'host/deviceCode' { $Cmdlet.WriteWarning($said.message) }
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

# What this Node can't do, once a process, to the first who wants to know that much.
function Write-EngineLimit {
    param($Cmdlet, $EngineHost, $Engine)

    if (-not $Engine.Started) { return }
    $VerbosePreference = $Cmdlet.GetVariableValue('VerbosePreference')
    $EngineHost.ToldOfLimits = $true
    foreach ($limit in (ConvertFrom-RpcJson $Engine.Started).result.capabilities.limitations) { $Cmdlet.WriteVerbose($limit) }
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
