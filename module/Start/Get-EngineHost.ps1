# What all runspaces of this process share: one engine, and the tokens that may be handed out again.
# It lives in the AppDomain, for each runspace has a module scope of its own; under the module's version and path, so
# that two versions in one process have an engine each. It consists of .NET collections alone: a script block or an
# object of a PowerShell class would belong to the runspace that made it. Whoever changes it holds
# its lock; what is replaced as a whole may be read without.
#
# The first command of a process starts the engine here, before all that can wait: Node has most to do until there is a
# token, and has a core of its own to do it on.
#   WithoutEngine  given by commands that need none
function Get-EngineHost {
    param($WithoutEngine)

    $key = "EntraTokenBridge $ModuleVersion $ModuleRoot"
    $domain = [System.AppDomain]::CurrentDomain
    try {
        try {
            # For a moment, once a runspace: two that come at the same time must find the same.
            [System.Threading.Monitor]::Enter($domain)
            $found = $domain.GetData($key)
            if ($found -is [hashtable]) {
                $engineHost = $found
                try {
                    [System.Threading.Monitor]::Enter($engineHost)
                    $engineHost['Shared'] = $true
                }
                finally { [System.Threading.Monitor]::Exit($engineHost) }
            }
            else {
                $engineHost = @{
                    Engine       = $null # as Open-TokenEngine makes it; $null when none runs
                    Reusable     = [hashtable]::new() # request -> token, case counts; see Request-AzToken
                    Generation   = 0 # goes up when all of them are forgotten
                    Environment  = $null # the one that a kept token was last made for, see Complete-ReusableToken
                    SignedInBy   = $null # the engine that remembers an account
                    Shared       = $false # once a second runspace has it
                    AgentContext = $null # what Set-EntraBetaAgentIdentityContext keeps, see AgentIdentityContext.ps1
                }
                $domain.SetData($key, $engineHost)
            }
        }
        finally { [System.Threading.Monitor]::Exit($domain) }
    }
    # Here another language mode refuses something for the first time.
    catch { Assert-FullLanguage; throw }
    $script:EngineHost = $engineHost
    try { if ($null -eq $found -and $null -eq $WithoutEngine) { $null = Open-TokenEngine $engineHost } }
    # The engine stays for commands that run right now in other runspaces; a later command starts a new one.
    finally { $ExecutionContext.SessionState.Module.OnRemove = { Close-TokenEngine $EngineHost } }
    $engineHost
}
