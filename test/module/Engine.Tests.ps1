BeforeAll {
    Import-Module "$PSScriptRoot/TestSession.psm1" -Force
    Import-Module $ModuleFile -Force

    # Twenty identities, to see that parallel callers get their own.
    $directory = @{
        tenants           = @(@{ id = $Contoso; name = 'Contoso'; domains = @('contoso.onmicrosoft.com') })
        applications      = @(@{
                id                     = 'c0f1de00-0000-4000-8000-000000000001'
                name                   = 'Contoso Confidential'
                tenants                = @($Contoso)
                secrets                = @(@{ value = 'Confidential-Secret~1' })
                applicationPermissions = @('https://graph.microsoft.com/User.Read.All')
            })
        managedIdentities = @(0..19 | ForEach-Object {
                @{
                    clientId   = 'a5516000-0000-4000-8000-{0:d12}' -f $_
                    objectId   = 'a5516000-0000-4000-8001-{0:d12}' -f $_
                    name       = "identity-$_"
                    tenant     = $Contoso
                    type       = 'user-assigned'
                    resourceId = "/subscriptions/s/resourcegroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/identity-$_"
                }
            })
    }
    $file = Join-Path $TestDrive 'directory.json'
    [System.IO.File]::WriteAllText($file, (ConvertTo-Json $directory -Depth 5))
    $emulator = Start-TestEmulator '--directory', "`"$file`""
}
AfterAll {
    Remove-Module EntraTokenBridge
    Stop-TestEmulator $emulator
}

Describe 'The engine' {
    BeforeEach {
        Import-Module $ModuleFile
        Set-TestEnvironment $emulator (Get-ApplicationVariable)
        Clear-RequestLog $emulator
    }

    It 'is started by the first command, not by the import' {
        Remove-Module EntraTokenBridge
        Import-Module $ModuleFile
        Get-EngineProcessId | Should -BeNullOrEmpty
        $null = Get-AzToken
        Get-EngineProcessId | Should -Not -BeNullOrEmpty
    }

    It 'is ended by Remove-Module; the next import''s first command starts a new one' {
        $null = Get-AzToken
        $first = Get-EngineProcessId
        Remove-Module EntraTokenBridge
        Test-ProcessEnded $first | Should -BeTrue
        Import-Module $ModuleFile
        $null = Get-AzToken
        Get-EngineProcessId | Should -Not -Be $first
    }

    It 'ends with its PowerShell process' {
        $script = "Import-Module '$ModuleFile'; `$null = Get-AzToken; & (Get-Module EntraTokenBridge) { (Get-EngineHost).Engine.Process.Id }"
        $id = & (Get-Process -Id $PID).Path -NoProfile -NonInteractive -Command $script
        [int]$id | Should -BeGreaterThan 0
        Wait-Until { Test-ProcessEnded $id } 'the engine ended' 1
    }

    It 'ends with a PowerShell process that is killed' {
        $start = [System.Diagnostics.ProcessStartInfo]::new((Get-Process -Id $PID).Path)
        $start.Arguments = "-NoProfile -NonInteractive -Command `"Import-Module '$ModuleFile'; `$null = Get-AzToken; & (Get-Module EntraTokenBridge) { (Get-EngineHost).Engine.Process.Id }; [System.Threading.Thread]::Sleep(60000)`""
        $start.UseShellExecute = $false
        $start.RedirectStandardOutput = $true
        $session = [System.Diagnostics.Process]::Start($start)
        $id = [int]$session.StandardOutput.ReadLine()
        $session.Kill()
        Wait-Until { Test-ProcessEnded $id } 'the engine ended' 1
    }

    It 'is not there for -Force: the old token is forgotten all the same, and no value of the environment is kept' {
        $null = Get-AzToken
        $null = Get-AzToken # a cached one
        $shared = & (Get-Module EntraTokenBridge) { Get-EngineHost }
        $shared.Environment.Text | Should -Match 'Confidential-Secret~1'
        $shared.Engine.Process.Kill()
        $shared.Engine.Process.WaitForExit()
        $node = $env:ENTRATOKENBRIDGE_NODE
        $env:ENTRATOKENBRIDGE_NODE = Join-Path $TestDrive 'no node'
        try {
            Get-AzToken -Force -ErrorAction SilentlyContinue -ErrorVariable failure | Should -BeNullOrEmpty
            "$($failure[0])" | Should -BeLike '*no node*'
            $shared.Environment | Should -BeNullOrEmpty
            Get-AzToken -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        }
        finally { $env:ENTRATOKENBRIDGE_NODE = $node }
        $null = Get-AzToken
        $null = Get-AzToken
        $shared.Environment | Should -Not -BeNullOrEmpty
        & (Get-Module EntraTokenBridge) { Close-TokenEngine (Get-EngineHost) }
        $shared.Environment | Should -BeNullOrEmpty
    }

    It 'is replaced silently when it has died, and a request that needs nobody is served' {
        $null = Get-AzToken
        $first = Get-EngineProcessId
        Stop-Process -Id $first -Force
        $all = Get-AzToken -Force *>&1
        @($all).Count | Should -Be 1
        "$all" | Should -Match '^eyJ'
        Get-EngineProcessId | Should -Not -Be $first
    }

    It 'is replaced silently when it dies while it works on a request that needs nobody' {
        $null = Get-AzToken
        $first = Get-EngineProcessId
        # A service that is silent: the request is under way when the engine dies, and is repeated at the real one.
        $silent = [System.Net.Sockets.TcpListener]::new([System.Net.IPAddress]::Loopback, 0)
        $silent.Start()
        $env:AZURE_AUTHORITY_HOST = "https://127.0.0.1:$($silent.LocalEndpoint.Port)"
        $shell = [powershell]::Create().AddScript("Import-Module '$ModuleFile'; Get-AzToken -TimeoutSeconds 1 -ErrorAction SilentlyContinue -ErrorVariable failure; `$failure[0].Exception.Data['Code']")
        try {
            $running = $shell.BeginInvoke()
            Wait-Until { $silent.Pending() } 'the engine connected'
            Stop-Process -Id $first -Force
            # The repetition meets the silent service too, and so ends by its own time: the death is not told.
            $shell.EndInvoke($running) | Should -Be 'Timeout'
        }
        finally { $shell.Dispose(); $silent.Stop() }
        Get-EngineProcessId | Should -Not -Be $first
    }

    It 'is given up when it hangs' -Skip:(-not (Test-Path /proc/self/environ)) {
        $null = Get-AzToken
        $hung = Get-EngineProcessId
        & (Get-Module EntraTokenBridge) { $script:HeartbeatSlices = 3 }
        try {
            & kill -STOP $hung
            Get-AzToken -Force -ErrorAction SilentlyContinue -ErrorVariable failure | Should -BeNullOrEmpty
        }
        finally { & (Get-Module EntraTokenBridge) { $script:HeartbeatSlices = 50 } }
        $failure[0].Exception.Data['Code'] | Should -Be 'EngineError'
        $failure[0].Exception.Message | Should -BeLike 'The token engine was ended. It hung:*Run the command again: it starts a new engine.'
        Get-AzToken -Force | Should -Not -BeNullOrEmpty
        Get-EngineProcessId | Should -Not -Be $hung
    }

    It 'has no credential in its arguments and its environment' -Skip:(-not (Test-Path /proc/self/environ)) {
        $env:NODE_OPTIONS = '--max-old-space-size=100'
        Remove-Module EntraTokenBridge
        Import-Module $ModuleFile
        $null = Get-AzToken
        $folder = "/proc/$(Get-EngineProcessId)"
        $given = [System.IO.File]::ReadAllText("$folder/cmdline") + [System.IO.File]::ReadAllText("$folder/environ")
        $given | Should -Match 'engine\.js'
        $given | Should -Not -Match 'Confidential-Secret'
        $given | Should -Not -Match 'AZURE_|IDENTITY_|MSI_|SYSTEM_|ACTIONS_|NODE_OPTIONS'
    }

    It 'refuses a module of another protocol, naming both versions and the way out' {
        Remove-Module EntraTokenBridge
        Import-Module $ModuleFile
        & (Get-Module EntraTokenBridge) { $script:ProtocolVersion = 99 }
        Get-AzToken -ErrorAction SilentlyContinue -ErrorVariable failure
        $failure[0].Exception.Data['Code'] | Should -Be 'ProtocolMismatch'
        $failure[0].Exception.Message | Should -BeLike 'The host speaks version 99 of the protocol, this engine (*) speaks version 1.*install EntraTokenBridge again, in one version.'
        Remove-Module EntraTokenBridge
    }
}

Describe 'Parallel callers' {
    BeforeEach {
        Import-Module $ModuleFile
        Set-TestEnvironment $emulator (Get-ApplicationVariable)
    }
    BeforeAll {
        # As ForEach-Object -Parallel does it, in Windows PowerShell too: a runspace for each of eight callers.
        function Invoke-Parallel {
            param([string] $Script, [object[]] $Arguments)

            $pool = [runspacefactory]::CreateRunspacePool(1, 8)
            $pool.Open()
            try {
                $calls = foreach ($argument in $Arguments) {
                    $shell = [powershell]::Create()
                    $shell.RunspacePool = $pool
                    $null = $shell.AddScript($Script).AddArgument($ModuleFile).AddArgument($argument)
                    @{ Shell = $shell; Running = $shell.BeginInvoke() }
                }
                foreach ($call in $calls) {
                    $call.Shell.EndInvoke($call.Running)
                    if ($call.Shell.HadErrors) { throw $call.Shell.Streams.Error[0] }
                    $call.Shell.Dispose()
                }
            }
            finally { $pool.Dispose() }
        }
    }

    It 'share one engine and one request: 200 calls for one token in 8 runspaces' {
        Remove-Module EntraTokenBridge
        Import-Module $ModuleFile
        Clear-RequestLog $emulator
        $script = 'param($module, $number) Import-Module $module; $token = Get-AzToken; "$token " + (& (Get-Module EntraTokenBridge) { (Get-EngineHost).Engine.Process.Id })'
        $results = Invoke-Parallel $script (1..200)
        $results.Count | Should -Be 200
        @($results | Select-Object -Unique).Count | Should -Be 1
        Get-TokenRequestCount $emulator | Should -Be 1
    }

    It 'get a whole token each, also when they are the first to want it again at the same moment' {
        # Each round has a new token, which all of them take at once.
        $gate = [System.Threading.Barrier]::new(4)
        $script = '
            param($ModuleFile, $Arguments)
            $Gate, $Caller = $Arguments
            $ErrorActionPreference = "Stop"
            Import-Module $ModuleFile
            try {
                foreach ($round in 1..150) {
                    $null = $Gate.SignalAndWait(20000)
                    if ($round % 4 -eq $Caller) { $null = Get-AzToken; $null = Get-AzToken -Force }
                    $null = $Gate.SignalAndWait(20000)
                    "$((Get-AzToken).Token.Length)"
                }
            }
            finally { $Gate.RemoveParticipant() }'
        $lengths = Invoke-Parallel $script @(foreach ($caller in 0..3) { , @($gate, $caller) })
        $lengths.Count | Should -Be 600
        @($lengths | Where-Object { [int]$_ -lt 100 }).Count | Should -Be 0
    }

    It 'get each their own token: 20 identities mixed in 8 runspaces, 20 requests' {
        $where = @{ IDENTITY_ENDPOINT = "$($emulator.ManagedIdentity)/msi/token"; IDENTITY_HEADER = 'emulator-identity-header' }
        Set-TestEnvironment $emulator $where
        Clear-RequestLog $emulator
        $script = 'param($module, $number) Import-Module $module; $id = "a5516000-0000-4000-8000-{0:d12}" -f ($number % 20); $token = Get-AzToken -ManagedIdentity -ClientId $id; $token.Claims["appid"][0] -eq $id'
        $results = Invoke-Parallel $script (0..199)
        @($results | Where-Object { $_ -eq $true }).Count | Should -Be 200
        Get-TokenRequestCount $emulator | Should -Be 20
    }

    It 'go on when one of them is stopped' {
        $null = Get-AzToken -Force
        $engine = Get-EngineProcessId
        $silent = [System.Net.Sockets.TcpListener]::new([System.Net.IPAddress]::Loopback, 0)
        $silent.Start()
        $stopped = [powershell]::Create().AddScript("Import-Module '$ModuleFile'; Get-AzToken -TenantId silent.example -Force")
        try {
            $env:AZURE_AUTHORITY_HOST = "https://127.0.0.1:$($silent.LocalEndpoint.Port)"
            $null = $stopped.BeginInvoke()
            Wait-Until { $silent.Pending() } 'the engine connected'
            $env:AZURE_AUTHORITY_HOST = $emulator.Authority
            $other = [powershell]::Create().AddScript("Import-Module '$ModuleFile'; `"`$(Get-AzToken -Force)`"")
            $running = $other.BeginInvoke()
            $stopped.Stop()
            $other.EndInvoke($running) | Should -Match '^eyJ'
            $other.Dispose()
        }
        finally { $stopped.Dispose(); $silent.Stop() }
        Get-EngineProcessId | Should -Be $engine
    }

    It 'leave nothing behind when one of them is stopped while it sends <Method>' -ForEach @(
        @{ Method = 'azToken/get' }
        @{ Method = 'initialize' }
    ) {
        $bridge = Get-Module EntraTokenBridge
        if ($Method -eq 'initialize') { & $bridge { Close-TokenEngine (Get-EngineHost) } }
        else { $null = Get-AzToken -Force }
        $sending = [System.Threading.ManualResetEvent]::new($false)
        $stopped = [powershell]::Create().AddScript({
                param($Module, $Method, $Sending)
                Import-Module $Module
                & (Get-Module EntraTokenBridge) {
                    param($Method, $Sending)
                    $script:Write, $script:Method, $script:Sending = ${function:Write-RpcMessage}, $Method, $Sending
                    function script:Write-RpcMessage {
                        param($Engine, $Json)
                        if (-not $Json.Contains($Method)) { return & $Write $Engine $Json }
                        $null = $Sending.Set()
                        while ($true) { [System.Threading.Thread]::Sleep(1) }
                    }
                } $Method $Sending
                Get-AzToken -Force
            }).AddArgument($ModuleFile).AddArgument($Method).AddArgument($sending)
        $null = $stopped.BeginInvoke()
        $sending.WaitOne(10000) | Should -BeTrue
        $stopped.Stop()
        $stopped.Dispose()
        & $bridge { (Get-EngineHost).Engine.Pending.Count } | Should -Be 0
        "$(Get-AzToken -Force -ErrorAction Stop)" | Should -Match '^eyJ'
    }

    It 'send their own environment after one that was stopped just when it had sent another' {
        $null = Get-AzToken -Force
        $sent = [System.Threading.ManualResetEvent]::new($false)
        $stopped = [powershell]::Create().AddScript({
                param($Module, $Sent)
                Import-Module $Module
                & (Get-Module EntraTokenBridge) {
                    param($Sent)
                    $null = Get-EngineHost
                    $script:Write, $script:Sent = ${function:Write-RpcMessage}, $Sent
                    function script:Write-RpcMessage {
                        param($Engine, $Json)
                        & $Write $Engine $Json
                        if (-not $Json.Contains('azToken/get')) { return }
                        $null = $Sent.Set()
                        while ($true) { [System.Threading.Thread]::Sleep(1) }
                    }
                } $Sent
                Get-AzToken -Force
            }).AddArgument($ModuleFile).AddArgument($sent)
        $env:AZURE_CLIENT_SECRET = 'wrong'
        $null = $stopped.BeginInvoke()
        $sent.WaitOne(10000) | Should -BeTrue
        $stopped.Stop()
        $stopped.Dispose()
        $env:AZURE_CLIENT_SECRET = 'Confidential-Secret~1'
        "$(Get-AzToken -Force -ErrorAction Stop)" | Should -Match '^eyJ'
    }

    It 'keep no old token that came while one of them asked for a new one' {
        $null = Get-AzToken -Force
        $session = [powershell]::Create().AddScript({
                param($Module)
                Import-Module $Module
                & (Get-Module EntraTokenBridge) {
                    $null = Get-EngineHost
                    # Called while the engine works, as another runspace may store its token then.
                    function script:Get-BlankAzToken {
                        $EngineHost['Reusable']['old'] = @{ Result = $null; Token = $null; UntilTicks = 0 }
                        $AzTokenTemplate = New-AzTokenTemplate
                        $AzTokenTemplate.PSObject.Copy()
                    }
                }
                Get-AzToken -Force -ErrorAction Stop
            }).AddArgument($ModuleFile)
        try { "$($session.Invoke())" | Should -Match '^eyJ' }
        finally { $session.Dispose() }
        $kept = & (Get-Module EntraTokenBridge) { @((Get-EngineHost).Reusable.Keys) }
        $kept.Count | Should -Be 1
        $kept | Should -Not -Contain 'old'
    }

    It 'are served in an event''s action while the script itself waits for a token' {
        $session = [powershell]::Create().AddScript({
                param($Module)
                Import-Module $Module
                $timer = [System.Timers.Timer]::new(7)
                $null = Register-ObjectEvent $timer Elapsed -Action { $global:inAction += @("$(Get-AzToken -Force)") }
                $timer.Start()
                $tokens = foreach ($index in 1..100) { "$(Get-AzToken -Force -ErrorAction Stop)" }
                $timer.Stop()
                @($tokens -cmatch '^eyJ').Count
                @($global:inAction).Count -gt 0 -and -not @($global:inAction -cnotmatch '^eyJ').Count
            }).AddArgument($ModuleFile)
        try {
            $running = $session.BeginInvoke()
            $running.AsyncWaitHandle.WaitOne(30000) | Should -BeTrue
            $session.EndInvoke($running) | Should -Be 100, $true
        }
        finally { $null = $session.BeginStop($null, $null) }
    }

    It 'work with ForEach-Object -Parallel' -Skip:($PSVersionTable.PSVersion.Major -lt 7) {
        $tokens = 1..20 | ForEach-Object -Parallel { Import-Module $using:ModuleFile; "$(Get-AzToken)" } -ThrottleLimit 8
        @($tokens | Select-Object -Unique).Count | Should -Be 1
        $tokens.Count | Should -Be 20
    }
}
