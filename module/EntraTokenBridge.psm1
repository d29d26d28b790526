# The PowerShell half of EntraTokenBridge: commands that hand their requests to an engine in a process of its own.
# Pure script on purpose: compiled helpers, classes and enums would each load an assembly into the session.
# As Get-EngineHost finds it. Commands look before: not to find a session's variable of that name.
$script:EngineHost = $null

# <parts> The shipped module has the commands here, and reads the rest when it is needed first.
. "$PSScriptRoot/Start/Assert-FullLanguage.ps1"
Assert-FullLanguage
$script:ModuleVersion = 'in a checkout'
$script:ModuleRoot = $PSScriptRoot
$script:EngineFile = "$([System.IO.Path]::GetDirectoryName($PSScriptRoot))/dist/engine.js"
foreach ($folder in 'Start', 'Private', 'OnDemand', 'Public') {
    foreach ($file in [System.IO.Directory]::GetFiles("$ModuleRoot/$folder", '*.ps1')) { . $file }
}
# </parts>
