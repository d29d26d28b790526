# The PowerShell half of EntraTokenBridge: commands that hand their requests to an engine in a process of its own.
# Pure script on purpose: compiled helpers, classes and enums would each load an assembly into the session.
$script:ModuleRoot = $PSScriptRoot

# What the module can't do without. Asked for before the first thing that another mode would refuse.
function Assert-FullLanguage {
    $mode = $ExecutionContext.SessionState.LanguageMode
    if ($mode -cmatch '^FullLanguage$') { return }
    throw "EntraTokenBridge needs FullLanguage, and runs in $mode mode here. Where a policy (App Control, AppLocker) decides, let it trust the module's files, which gives them FullLanguage."
}

# <parts> The shipped module has the commands here, and reads the rest when it is needed first.
Assert-FullLanguage
foreach ($folder in 'Start', 'Private', 'OnDemand', 'Public') {
    foreach ($file in [System.IO.Directory]::GetFiles([System.IO.Path]::Combine($ModuleRoot, $folder), '*.ps1')) { . $file }
}
# </parts>
