# Typed in a real terminal, where Ctrl+C reaches the whole process group: PowerShell and the engine.
BeforeDiscovery {
    $script:tmux = Get-Command tmux -CommandType Application -ErrorAction Ignore
}
BeforeAll {
    Import-Module "$PSScriptRoot/TestSession.psm1" -Force
}

# tmux is the terminal; Windows has none.
Describe 'Ctrl+C in a terminal' -Skip:(-not $tmux) {
    BeforeAll {
        $emulator = Start-TestEmulator
        Set-TestEnvironment $emulator @{ BROWSER = Get-IdleBrowser; TERM = 'xterm' }
        $socket = "entra-token-bridge-$PID"
        $shell = (Get-Process -Id $PID).Path
        & tmux -L $socket -f /dev/null new-session -d -x 160 -y 50 "'$shell' -NoProfile -NoLogo"

        function Send-Line { param($Text) & tmux -L $socket send-keys -l $Text; & tmux -L $socket send-keys Enter }
        function Get-Screen { (& tmux -L $socket capture-pane -p -J) -join "`n" }
    }
    AfterAll {
        & tmux -L $socket kill-server
        Stop-TestEmulator $emulator
    }

    It 'ends a sign-in while the browser is open, within 2 seconds, gives the port back, and the same engine serves the next call' {
        Wait-Until { (Get-Screen) -match 'PS .*>' } 'the prompt was there' 20
        Send-Line "Import-Module '$ModuleFile'; function Get-Pid { & (Get-Module EntraTokenBridge) { (Get-EngineHost).Engine.Process.Id } }"
        Send-Line 'Get-AzToken -Interactive -Verbose; "not reached"'
        Wait-Until { (Get-Screen) -match 'Finish the sign-in' } 'the progress bar told what to do'
        $port = Get-SignInPort (Get-Screen)
        Test-PortFree $port | Should -BeFalse
        (Get-Screen) | Should -Not -Match 'PS [^\n]*> *\n*$'
        $clock = [System.Diagnostics.Stopwatch]::StartNew()
        & tmux -L $socket send-keys C-c
        Wait-Until { (Get-Screen) -match 'PS [^\n]*> *\n*$' } 'the prompt was back'
        $clock.Elapsed.TotalSeconds | Should -BeLessThan 2
        Wait-Until { Test-PortFree $port } 'the port was given back'
        Send-Line '"engine=$(Get-Pid)="'
        Wait-Until { (Get-Screen) -match 'engine=(\d+)=' } 'it took the next line'
        $null = (Get-Screen) -match 'engine=(\d+)='
        $engine = $Matches[1]
        Test-ProcessEnded $engine | Should -BeFalse
        (Get-Screen) | Should -Not -Match '(?m)^not reached'

        Send-Line '"token=$((Get-AzToken -ManagedIdentity).Token.Split(".").Count)= by $(Get-Pid)="'
        Wait-Until { (Get-Screen) -match 'token=3= by (\d+)=' } 'the next call was served'
        $null = (Get-Screen) -match 'token=3= by (\d+)='
        $Matches[1] | Should -Be $engine
    }
}
