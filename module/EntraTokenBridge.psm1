# The PowerShell half of EntraTokenBridge: commands that hand their requests to an engine in a process of its own.
# Pure script on purpose: compiled helpers, classes and enums would each load an assembly into the session.

# FullLanguage is 0; a comparison by name takes longer.
if ([int]$ExecutionContext.SessionState.LanguageMode) {
    throw "EntraTokenBridge needs FullLanguage, and runs in $($ExecutionContext.SessionState.LanguageMode) mode here. Where a policy (App Control, AppLocker) decides, let it trust the module's files, which gives them FullLanguage."
}
$script:ModuleRoot = $PSScriptRoot

# <parts> The shipped module has the files' content here.
foreach ($folder in 'Private', 'Public') {
    foreach ($file in [System.IO.Directory]::GetFiles([System.IO.Path]::Combine($ModuleRoot, $folder), '*.ps1')) { . $file }
}
# </parts>

# The engine stays for commands that run right now in other runspaces; a later command starts a new one.
$ExecutionContext.SessionState.Module.OnRemove = { if ($EngineHost) { Close-TokenEngine $EngineHost } }
