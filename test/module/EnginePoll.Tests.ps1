BeforeAll {
    Import-Module "$PSScriptRoot/TestSession.psm1" -Force
    Import-Module $ModuleFile -Force
    $emulator = Start-TestEmulator
    # As in a process in which nobody has used the engine yet: these tests have had it in many a runspace.
    $alone = {
        param($Module)
        & $Module {
            Close-TokenEngine (Get-EngineHost)
            $EngineHost['Shared'] = $false
        }
        foreach ($index in 1..21) { $null = Get-AzToken -Force -ErrorAction Stop }
    }
    function Get-Engine { & (Get-Module EntraTokenBridge) { $EngineHost['Engine'] } }
}
AfterAll {
    Get-Module EntraTokenBridge | Remove-Module
    Stop-TestEmulator $emulator
}

# A pipe of Windows can't be polled.
Describe 'The engine of a runspace that uses it alone, from its twenty-first request on' -Skip:($env:OS -eq 'Windows_NT') {
    BeforeEach {
        Set-TestEnvironment $emulator (Get-ApplicationVariable)
        & $alone (Get-Module EntraTokenBridge)
    }

    It 'is polled: no read is under way between two requests' {
        $engine = Get-Engine
        $engine.Pollable | Should -BeOfType System.Net.Sockets.Socket
        $engine.Line | Should -BeNullOrEmpty
        "$(Get-AzToken -Force -ErrorAction Stop)" | Should -Match '^eyJ'
        $engine.Line | Should -BeNullOrEmpty
    }

    It 'says what it has to say for -Verbose before its answer' {
        $said = @(Get-AzToken -Force -Verbose 4>&1)
        $said.Count | Should -BeGreaterThan 1
        $said[0] | Should -BeOfType System.Management.Automation.VerboseRecord
        "$($said[-1])" | Should -Match '^eyJ'
        (Get-Engine).Line | Should -BeNullOrEmpty
    }

    It 'is replaced when it has died since, also for a request that is not to be repeated' {
        $dead = Get-Engine
        $dead.Process.Kill()
        $dead.Process.WaitForExit()
        $answer = & (Get-Module EntraTokenBridge) {
            [CmdletBinding()]
            param()
            Invoke-TokenEngine $PSCmdlet $EngineHost 'azToken/get' '{"parameterSet":"NonInteractive","parameters":{}}' (Get-SessionEnvironment) { } $false
        }
        $answer['error'] | Should -BeNullOrEmpty
        $answer['result']['token'] | Should -Match '^eyJ'
        (Get-Engine).Process.Id | Should -Not -Be $dead.Process.Id
    }

    It 'is given up when it hangs' {
        $hung = Get-Engine
        & (Get-Module EntraTokenBridge) { $script:HeartbeatSlices = 3 }
        try {
            & kill -STOP $hung.Process.Id
            Get-AzToken -Force -ErrorAction SilentlyContinue -ErrorVariable failure | Should -BeNullOrEmpty
        }
        finally { & (Get-Module EntraTokenBridge) { $script:HeartbeatSlices = 50 } }
        $failure[0].Exception.Message | Should -BeLike 'The token engine was ended. It hung:*'
        "$(Get-AzToken -Force)" | Should -Match '^eyJ'
    }

    It 'goes on when a request is stopped that <What>' -ForEach @(
        @{ What = 'polls'; IsShared = $false }
        @{ What = 'waits for a read, for there is a second runspace'; IsShared = $true }
    ) {
        $silent = [System.Net.Sockets.TcpListener]::new([System.Net.IPAddress]::Loopback, 0)
        $silent.Start()
        $session = [powershell]::Create().AddScript({
                param($ModuleFile, $Alone, $Silent, $IsShared)
                Import-Module $ModuleFile
                . ([scriptblock]::Create($Alone)) (Get-Module EntraTokenBridge)
                & (Get-Module EntraTokenBridge) { $EngineHost['Shared'] = $IsShared }
                $env:AZURE_AUTHORITY_HOST = $Silent
                Get-AzToken -TenantId silent.example -Force
            }).AddArgument($ModuleFile).AddArgument($alone.ToString()).AddArgument("https://127.0.0.1:$($silent.LocalEndpoint.Port)").AddArgument($IsShared)
        try {
            $null = $session.BeginInvoke()
            Wait-Until { $silent.Pending() } 'the engine connected'
            $engine = Get-Engine
            [bool]$engine.Line | Should -Be $IsShared
            $session.Stop()
            $env:AZURE_AUTHORITY_HOST = $emulator.Authority
            "$(Get-AzToken -Force -ErrorAction Stop)" | Should -Match '^eyJ'
            (Get-Engine).Process.Id | Should -Be $engine.Process.Id
        }
        finally { $session.Dispose(); $silent.Stop() }
    }

    It 'is read for all once there is a second runspace: each of 40 requests of either gets its answer' {
        $second = [powershell]::Create().AddScript({
                param($ModuleFile)
                Import-Module $ModuleFile
                foreach ($index in 1..40) { "$(Get-AzToken -Force -ErrorAction Stop)" }
            }).AddArgument($ModuleFile)
        try {
            $running = $second.BeginInvoke()
            $first = foreach ($index in 1..40) { "$(Get-AzToken -Force -ErrorAction Stop)" }
            $all = @($first) + @($second.EndInvoke($running))
        }
        finally { $second.Dispose() }
        @($all -cmatch '^eyJ').Count | Should -Be 80
        & (Get-Module EntraTokenBridge) { $EngineHost['Shared'] } | Should -BeTrue
    }

    It 'serves an event''s action while the script itself waits for a token' {
        $session = [powershell]::Create().AddScript({
                param($ModuleFile, $Alone, $Script)
                Import-Module $ModuleFile
                . ([scriptblock]::Create($Alone)) (Get-Module EntraTokenBridge)
                . ([scriptblock]::Create($Script))
                & (Get-Module EntraTokenBridge) { $EngineHost['Shared'] }
            }).AddArgument($ModuleFile).AddArgument($alone.ToString()).AddArgument($TokensBesideAction.ToString())
        try {
            $running = $session.BeginInvoke()
            $running.AsyncWaitHandle.WaitOne(30000) | Should -BeTrue
            $session.EndInvoke($running) | Should -Be 100, $true, $false
        }
        finally { $null = $session.BeginStop($null, $null) }
    }
}
