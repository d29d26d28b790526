# The device codes of New-PartnerAccessToken and New-SecMgmtAccessToken: they are shown while the command runs.
BeforeDiscovery {
    $both = @{ Command = 'New-PartnerAccessToken' }, @{ Command = 'New-SecMgmtAccessToken' }
}
BeforeAll {
    Import-Module "$PSScriptRoot/TestSession.psm1" -Force
    Import-Module $ModuleFile -Force
    $emulator = Start-TestEmulator '--scripted-user', $Alice, '--device-code-interval', 1

    $userRead = 'https://graph.microsoft.com/User.Read'
    $graphDefault = 'https://graph.microsoft.com/.default'
    $confidential = 'c0f1de00-0000-4000-8000-000000000001'
    $desktop = '9ab11c00-0000-4000-8000-000000000003'
}
AfterAll {
    Remove-Module EntraTokenBridge
    Stop-TestEmulator $emulator
}

Describe 'A device code of <Command>' -ForEach $both {
    BeforeAll {
        # Runs the command in a runspace of its own, until it shows the code.
        function Start-DeviceSignIn {
            param([string] $Parameters = "-ApplicationId $desktop -Scopes $userRead -Tenant $Contoso -Device")

            $shell = [powershell]::Create().AddScript(
                "Import-Module '$ModuleFile'; $Command $Parameters -ErrorAction SilentlyContinue -ErrorVariable failure; if (`$failure) { `$failure[0] }")
            $running = $shell.BeginInvoke()
            Wait-Until { $shell.Streams.Warning.Count -or $running.IsCompleted } 'a warning showed the code'
            if ($running.IsCompleted) { throw "The command ended before it showed a code: $($shell.EndInvoke($running)) $($shell.Streams.Error)" }
            @{ Shell = $shell; Running = $running; Warning = $shell.Streams.Warning[0].Message }
        }
    }
    BeforeEach { Set-TestEnvironment $emulator @{ BROWSER = Get-IdleBrowser } }
    AfterEach { $signIn.Shell.Dispose() }

    It 'comes as a warning, and the time that is left as progress, until the person has signed in' {
        $signIn = Start-DeviceSignIn
        $signIn.Warning | Should -Match "^To sign in, .*$([regex]::Escape($emulator.Authority))/devicelogin.* enter the code \w{9}"
        Wait-Until { $signIn.Shell.Streams.Progress.Count } 'progress was told of'
        $progress = $signIn.Shell.Streams.Progress[0]
        $progress.Activity | Should -Be 'Signing in'
        $progress.StatusDescription | Should -Match '/devicelogin in a browser and enter the code \w{9}\.$'
        $progress.SecondsRemaining | Should -BeGreaterThan 800
        $progress.SecondsRemaining | Should -BeLessOrEqual 900
        Complete-DeviceCode $emulator $signIn.Warning
        $token = $signIn.Shell.EndInvoke($signIn.Running)[0]
        $token.Account.Username | Should -Be $Alice
        $token.RefreshToken | Should -Not -BeNullOrEmpty
        $signIn.Shell.Streams.Progress[-1].RecordType | Should -Be 'Completed'
        $signIn.Shell.Streams.Warning.Count | Should -Be 1
    }

    It 'that the person declines is SignInDenied' {
        $signIn = Start-DeviceSignIn
        Complete-DeviceCode $emulator $signIn.Warning -Action cancel
        $failure = $signIn.Shell.EndInvoke($signIn.Running)[0]
        $failure.FullyQualifiedErrorId | Should -Be "UserTokenError,$Command"
        $failure.Exception.Data['Code'] | Should -Be 'SignInDenied'
        $failure.CategoryInfo.Category | Should -Be 'PermissionDenied'
        $failure.Exception.Message | Should -BeLike 'The sign-in was cancelled or declined where the code was entered (AADSTS65004, *). Run the command again, and accept.'
    }

    It 'that nobody uses in time is DeviceCodeExpired' {
        $impatient = Start-TestEmulator '--device-code-interval', 1, '--device-code-lifetime', 2
        try {
            Set-TestEnvironment $impatient
            $signIn = Start-DeviceSignIn
            $failure = $signIn.Shell.EndInvoke($signIn.Running)[0]
        }
        finally { Stop-TestEmulator $impatient }
        $failure.Exception.Data['Code'] | Should -Be 'DeviceCodeExpired'
        $failure.Exception.Data['Retryable'] | Should -BeTrue
        $failure.CategoryInfo.Category | Should -Be 'OperationTimeout'
        $failure.Exception.Message | Should -BeLike 'Nobody signed in with the code before it expired*. Run the command again for a new one.'
    }

    It 'is waited for no longer than 0.2 seconds when the pipeline is stopped, and the same engine serves the next call' {
        $signIn = Start-DeviceSignIn
        $engine = Get-EngineProcessId
        $clock = [System.Diagnostics.Stopwatch]::StartNew()
        $signIn.Shell.Stop()
        $clock.ElapsedMilliseconds | Should -BeLessThan 200
        $signIn.Running.IsCompleted | Should -BeTrue
        $application = @{ ApplicationId = $confidential; Credential = Get-ApplicationCredential; ServicePrincipal = $true; Tenant = $Contoso }
        & $Command @application -Scopes $graphDefault | Should -Not -BeNullOrEmpty
        Get-EngineProcessId | Should -Be $engine
    }
}
