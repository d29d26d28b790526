BeforeAll {
    Import-Module "$PSScriptRoot/TestSession.psm1" -Force
    Import-Module $ModuleFile -Force
    $emulator = Start-TestEmulator '--scripted-user', $Alice

    # The codes of what a caller in another runspace is told, whose request is under way at a service that is silent when
    # something happens to the engine.
    function Get-FailureCode {
        param([scriptblock] $Happening)

        $silent = [System.Net.Sockets.TcpListener]::new([System.Net.IPAddress]::Loopback, 0)
        $silent.Start()
        $env:AZURE_AUTHORITY_HOST = "https://127.0.0.1:$($silent.LocalEndpoint.Port)"
        $shell = [powershell]::Create().AddScript("Import-Module '$ModuleFile'; Get-AzToken -TimeoutSeconds 1 -ErrorAction SilentlyContinue -ErrorVariable failures; foreach (`$failure in `$failures) { [string]`$failure.Exception.Data['Code'] }")
        try {
            $running = $shell.BeginInvoke()
            Wait-Until { $silent.Pending() } 'the engine connected'
            & $Happening
            $shell.EndInvoke($running)
        }
        finally { $shell.Dispose(); $silent.Stop() }
    }
}
AfterAll {
    Get-Module EntraTokenBridge | Remove-Module
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

    It 'is all that a new session starts: nothing runs after the import, and nothing is left by Remove-Module' {
        $script = "Import-Module '$PSScriptRoot/TestSession.psm1'; Get-ChildCount; Import-Module '$ModuleFile'; Get-ChildCount; `$null = Get-AzToken; Get-ChildCount; Remove-Module EntraTokenBridge; Get-ChildCount"
        $counts = & (Get-Process -Id $PID).Path -NoProfile -NonInteractive -Command $script
        # Windows may have started something for the session itself.
        $counts | ForEach-Object { $_ - $counts[0] } | Should -Be 0, 0, 1, 0
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
        # What is written to it now stays behind in the writer, which can do nothing about that.
        & (Get-Module EntraTokenBridge) { param($Engine) Write-RpcMessage $Engine '{}' } $shared.Engine
        Wait-Until { $shared.Engine.Written.IsFaulted } 'the write failed'
        $node = $env:ENTRATOKENBRIDGE_NODE
        $env:ENTRATOKENBRIDGE_NODE = Join-Path $TestDrive 'no node'
        try {
            Get-AzToken -Force -ErrorAction SilentlyContinue -ErrorVariable failure | Should -BeNullOrEmpty
            @($failure).Count | Should -Be 1
            "$failure" | Should -BeLike '*no node*'
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
        # The repetition meets the silent service too, and so ends by its own time: the death is not told.
        Get-FailureCode { Stop-Process -Id $first -Force } | Should -Be 'Timeout'
        Get-EngineProcessId | Should -Not -Be $first
    }

    It 'is replaced when its output can not be read any more while a request waits for it' {
        $null = Get-AzToken
        $first = Get-EngineProcessId
        $codes = Get-FailureCode { & (Get-Module EntraTokenBridge) { (Get-EngineHost)['Engine']['Output'].Dispose() } }
        # Before it, PowerShell keeps the error of .NET's that the module caught.
        @($codes)[-1] | Should -Be 'Timeout'
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

    # Ctrl+C in a terminal reaches Node before it can be told to take no notice of it.
    Context 'when its start is interrupted' -Skip:([System.IO.Path]::DirectorySeparatorChar -eq '\') {
        BeforeAll {
            $real = (Get-Command $Node -CommandType Application)[0].Source

            # A Node that SIGINT ends each time that a line is taken from a file, and how many lines that has.
            function Set-InterruptedNode {
                param($Times)

                $left = Join-Path $TestDrive 'interrupts'
                [System.IO.File]::WriteAllText($left, "i`n" * $Times)
                $env:ENTRATOKENBRIDGE_NODE = Join-Path $TestDrive 'interrupted-node'
                [System.IO.File]::WriteAllText($env:ENTRATOKENBRIDGE_NODE,
                    "#!/bin/sh`nif [ -s '$left' ]; then sed -i.old 1d '$left'; kill -INT `$`$; sleep 9; fi`nexec '$real' `"`$@`"`n")
                & chmod 755 $env:ENTRATOKENBRIDGE_NODE
            }
            $node = $env:ENTRATOKENBRIDGE_NODE
        }
        BeforeEach {
            Remove-Module EntraTokenBridge
            Import-Module $ModuleFile
        }
        AfterAll { $env:ENTRATOKENBRIDGE_NODE = $node }

        It 'is started once more, silently, for any request: <Name>' -ForEach @(
            @{ Name = 'nobody takes part'; Given = @{ CredentialPrecedence = 'Environment' } }
            @{ Name = 'a person signs in, who was not asked yet'; Given = @{ Interactive = $true } }
        ) {
            Set-TestEnvironment $emulator (@{ BROWSER = Get-ScriptedBrowser } + (Get-ApplicationVariable))
            Set-InterruptedNode 1
            $all = Get-AzToken @Given *>&1
            @($all).Count | Should -Be 1
            "$all" | Should -Match '^eyJ'
        }

        It 'says so when the new one is interrupted too' {
            Set-InterruptedNode 5
            Get-AzToken -Interactive -ErrorAction SilentlyContinue -ErrorVariable failure
            "$failure" | Should -BeLike "The token engine was interrupted when it started. Run the command again: it starts a new engine."
            [System.IO.File]::ReadAllLines((Join-Path $TestDrive 'interrupts')).Count | Should -Be 3
        }
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
