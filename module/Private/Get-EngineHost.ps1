# What all runspaces of this process share: one engine, and the tokens that may be handed out again.
# It lives in the AppDomain, for each runspace has a module scope of its own; under the module's version and path, so
# that two versions in one process have an engine each. It consists of .NET collections alone: a script block or an
# object of a PowerShell class would belong to the runspace that made it. Whoever reads or changes it holds its lock.
function Get-EngineHost {
    if ($script:EngineHost) { return $script:EngineHost }

    $key = [string]::Intern('EntraTokenBridge ' + $ExecutionContext.SessionState.Module.Version + ' ' + $ModuleRoot)
    try {
        [System.Threading.Monitor]::Enter($key)
        $engineHost = [AppDomain]::CurrentDomain.GetData($key)
        if (-not $engineHost) {
            $engineHost = @{
                Engine        = $null   # as Open-TokenEngine makes it; $null when none runs
                SignedInBy    = $null   # the engine that remembers an account
                Reusable      = [hashtable]::new() # request -> token, case counts; see ReusableToken.ps1
                Generation    = 0       # goes up when all of them are forgotten
                ToldOfLimits  = $false  # what this Node can't do has been said on the verbose stream
            }
            [AppDomain]::CurrentDomain.SetData($key, $engineHost)
        }
    }
    finally { [System.Threading.Monitor]::Exit($key) }
    $script:EngineHost = $engineHost
    $engineHost
}
