# What the module can't do without. Asked for when another mode has refused something: to ask first would cost each first
# command some milliseconds.
function Assert-FullLanguage {
    $mode = $ExecutionContext.SessionState.LanguageMode
    if ($mode -cnotmatch '^FullLanguage$') {
        throw "EntraTokenBridge needs FullLanguage, and runs in $mode mode here. Where a policy (App Control, AppLocker) decides, let it trust the module's files, which gives them FullLanguage."
    }
}
