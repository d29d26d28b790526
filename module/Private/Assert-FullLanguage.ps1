# What the module can't do without, asked for before the first thing that another mode would refuse.
if ($ExecutionContext.SessionState.LanguageMode -cnotmatch '^FullLanguage$') {
    throw "EntraTokenBridge needs FullLanguage, and runs in $($ExecutionContext.SessionState.LanguageMode) mode here. Where a policy (App Control, AppLocker) decides, let it trust the module's files, which gives them FullLanguage."
}
