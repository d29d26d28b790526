BeforeAll {
    Import-Module "$PSScriptRoot/TestSession.psm1" -Force
    Import-Module $ModuleFile -Force
    $emulator = Start-TestEmulator '--scripted-user', $Alice
}
AfterAll {
    Remove-Module EntraTokenBridge
    Stop-TestEmulator $emulator
}

Describe 'Get-AzToken -Interactive' {
    BeforeEach {
        Set-TestEnvironment $emulator @{ BROWSER = Get-ScriptedBrowser; AZURE_POD_IDENTITY_AUTHORITY_HOST = 'http://127.0.0.1:9' }
        Clear-RequestLog $emulator
    }

    It 'gets the token of the person who signs in in the browser' {
        $token = Get-AzToken -Interactive
        $token.Identity | Should -Be $Alice
        $token.TenantId | Should -Be $Contoso
    }

    It 'takes scopes, client and tenant' {
        $client = '9ab11c00-0000-4000-8000-000000000003'
        $token = Get-AzToken -Resource 'https://graph.microsoft.com/' -Scope 'User.Read', 'LearningContent.Read.All' -ClientId $client -TenantId $Contoso -Interactive
        $token.Scopes | Should -Contain 'LearningContent.Read.All'
        $token.Claims['appid'] | Should -Be $client
    }

    It 'is remembered: the next call without a switch needs nobody, and -Force forgets' {
        $null = Get-AzToken -Interactive
        $env:BROWSER = Get-IdleBrowser
        (Get-AzToken).Identity | Should -Be $Alice
        (Get-AzToken -Resource 'https://management.azure.com').Identity | Should -Be $Alice
        $challenged = Get-AzToken -Claim '{"access_token":{"acrs":{"essential":true,"value":"c1"}}}'
        $challenged.Identity, $challenged.Claims['acrs'] | Should -Be $Alice, 'c1'
        Get-AzToken -Force -CredentialPrecedence Environment -ErrorAction SilentlyContinue -ErrorVariable failure | Should -BeNullOrEmpty
        $failure[0].Exception.Data['Code'] | Should -Be 'CredentialUnavailable'
        Get-AzToken -CredentialPrecedence Environment -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
    }

    It 'is forgotten with -Force of another flow too' {
        $null = Get-AzToken -Interactive
        Get-AzToken -ManagedIdentity -Force -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        Get-AzToken -CredentialPrecedence Environment -ErrorAction SilentlyContinue -ErrorVariable failure | Should -BeNullOrEmpty
        $failure[0].Exception.Data['Code'] | Should -Be 'CredentialUnavailable'
    }

    It 'warns once when the engine that remembered the account has died and another source has the token' {
        $null = Get-AzToken -Interactive
        Stop-Process -Id (Get-EngineProcessId) -Force
        $env:AZURE_POD_IDENTITY_AUTHORITY_HOST = $emulator.ManagedIdentity
        $token = Get-AzToken -CredentialPrecedence ManagedIdentity -WarningVariable warned -WarningAction SilentlyContinue
        $token.Identity | Should -Not -Be $Alice
        $warned.Count | Should -Be 1
        $warned[0].Message | Should -Be ('The account that signed in with -Interactive is forgotten: the engine that knew it has ended. ' +
            'The other sources were asked. Sign in again with Get-AzToken -Interactive.')
        $null = Get-AzToken -Resource 'https://vault.azure.net' -CredentialPrecedence ManagedIdentity -WarningVariable again -WarningAction SilentlyContinue
        $again | Should -BeNullOrEmpty
    }

    It 'ends with SignInTimeout when nobody finishes' {
        $env:BROWSER = Get-IdleBrowser
        Get-AzToken -Interactive -TimeoutSeconds 2 -ErrorAction SilentlyContinue -ErrorVariable failure
        $failure[0].FullyQualifiedErrorId | Should -Be 'InteractiveTokenError,Get-AzToken'
        $failure[0].CategoryInfo.Category | Should -Be 'OperationTimeout'
        $failure[0].Exception.Data['Code'] | Should -Be 'SignInTimeout'
        $failure[0].Exception.Message | Should -Be 'Nobody finished the sign-in within 2 seconds. Run the command again, or give more time with -TimeoutSeconds.'
    }

    # A script is no program on Windows.
    It 'says at once when no browser can be opened, and gives the port back' -Skip:($env:OS -eq 'Windows_NT') {
        $env:BROWSER = Join-Path $TestDrive 'no-browser'
        [System.IO.File]::WriteAllText($env:BROWSER, "#!/bin/sh`necho `"`$1`" > '$TestDrive/address'`nexit 1`n")
        & chmod 755 $env:BROWSER
        Get-AzToken -Interactive -ErrorAction SilentlyContinue -ErrorVariable failure | Should -BeNullOrEmpty
        $failure[0].FullyQualifiedErrorId | Should -Be 'InteractiveTokenError,Get-AzToken'
        $failure[0].CategoryInfo.Category | Should -Be 'ResourceUnavailable'
        $failure[0].Exception.Data['Code'] | Should -Be 'BrowserUnavailable'
        $failure[0].Exception.Message | Should -Be ("No browser can be opened here. $env:BROWSER could not open a browser. " +
            "Run the command where a browser is, or sign in with 'az login --use-device-code' and call Get-AzToken without -Interactive.")
        [System.IO.File]::ReadAllText("$TestDrive/address") -match 'redirect_uri=http%3A%2F%2Flocalhost%3A(\d+)' | Should -BeTrue
        Test-PortFree $Matches[1] | Should -BeTrue
    }

    # A job has the host of a remote session.
    It 'says at once in a remote session or a job that a browser would open elsewhere' {
        $env:BROWSER = Get-IdleBrowser
        $job = Start-Job -ArgumentList $ModuleFile {
            Import-Module $args[0]
            Get-AzToken -Interactive -TimeoutSeconds 10 -ErrorAction SilentlyContinue -ErrorVariable failure
            $failure[0].Exception.Data['Code'], $failure[0].Exception.Message
        }
        $said = $job | Wait-Job | Receive-Job
        $job | Remove-Job
        $said | Should -Be @(
            'BrowserUnavailable'
            'No browser can be opened here. This is a remote session or a job, and a browser might open on another computer. ' +
            "Run the command where a browser is, or sign in with 'az login --use-device-code' and call Get-AzToken without -Interactive."
        )
    }

    It 'stops within 0.2 seconds when the pipeline is stopped, gives the port back, and the same engine serves the next call' {
        $env:BROWSER = Get-IdleBrowser
        $null = Get-AzToken -ManagedIdentity -ErrorAction SilentlyContinue # An engine runs.
        $engine = Get-EngineProcessId
        $shell = [powershell]::Create().AddScript("Import-Module '$ModuleFile'; Get-AzToken -Interactive -Verbose")
        try {
            $running = $shell.BeginInvoke()
            Wait-Until { $shell.Streams.Progress.Count } 'progress was told of'
            $shell.Streams.Progress[0].Activity | Should -Be 'Signing in'
            $port = Get-SignInPort $shell.Streams.Verbose
            Test-PortFree $port | Should -BeFalse
            $clock = [System.Diagnostics.Stopwatch]::StartNew()
            $shell.Stop()
            $clock.ElapsedMilliseconds | Should -BeLessThan 200
            $running.IsCompleted | Should -BeTrue
            Wait-Until { Test-PortFree $port } 'the port was given back'
        }
        finally { $shell.Dispose() }
        $env:BROWSER = Get-ScriptedBrowser
        (Get-AzToken -Interactive).Identity | Should -Be $Alice
        Get-EngineProcessId | Should -Be $engine
    }

    It 'says what happened when the engine dies meanwhile, for a person''s sign-in can''t be repeated' {
        $env:BROWSER = Get-IdleBrowser
        $null = Get-AzToken -ManagedIdentity -ErrorAction SilentlyContinue
        $shell = [powershell]::Create().AddScript("Import-Module '$ModuleFile'; Get-AzToken -Interactive -ErrorAction SilentlyContinue -ErrorVariable failure; , `$failure")
        try {
            $running = $shell.BeginInvoke()
            Wait-Until { $shell.Streams.Progress.Count } 'progress was told of'
            Stop-Process -Id (Get-EngineProcessId) -Force
            $failure = $shell.EndInvoke($running)[0][0]
        }
        finally { $shell.Dispose() }
        $failure.FullyQualifiedErrorId | Should -Be 'InteractiveTokenError,Get-AzToken'
        $failure.Exception.Data['Code'] | Should -Be 'EngineError'
        $failure.Exception.Message | Should -BeLike 'The token engine died while the request was under way.*Run the command again: it starts a new engine.'
    }
}

# The other emulator's scripted user sees no page.
Describe 'A person at the page of Get-AzToken -Interactive' {
    BeforeAll {
        $pages = Start-TestEmulator
        $page = Join-Path $TestDrive 'page.html'
    }
    AfterAll { Stop-TestEmulator $pages }
    BeforeEach {
        Set-TestEnvironment $pages @{ BROWSER = Get-PageBrowser $page }
        Remove-Item $page -ErrorAction Ignore
        $shell = [powershell]::Create().AddScript("Import-Module '$ModuleFile'; Get-AzToken -Interactive -ErrorAction SilentlyContinue -ErrorVariable failure; `$failure")
        $running = $shell.BeginInvoke()
        Wait-Until { (Test-Path $page) -and [System.IO.File]::ReadAllText($page) -match '</html>' } 'the login page was there'
    }
    AfterEach { $shell.Dispose() }

    It 'gets a token by signing in, and the port is free again' {
        $end = Complete-SignIn $pages ([System.IO.File]::ReadAllText($page))
        $shell.EndInvoke($running)[0].Identity | Should -Be $Alice
        Test-PortFree ([uri]$end).Port | Should -BeTrue
    }

    It 'sees on the progress bar what to do and how much time is left, until they have done it' {
        $shown = $shell.Streams.Progress
        Wait-Until { $shown.Count } 'progress was told of'
        $shown[0].Activity, $shown[0].StatusDescription | Should -Be 'Signing in', 'Finish the sign-in in the browser window that has opened.'
        $left = $shown[0].SecondsRemaining
        $left | Should -BeGreaterThan 60
        $left | Should -BeLessOrEqual 120
        Wait-Until { $shown[-1].SecondsRemaining -lt $left } 'less time was left'
        $shown.RecordType | Select-Object -Unique | Should -Be 'Processing'
        $null = Complete-SignIn $pages ([System.IO.File]::ReadAllText($page))
        $null = $shell.EndInvoke($running)
        $shown[-1].RecordType | Should -Be 'Completed'
        $shown.ActivityId | Select-Object -Unique | Should -HaveCount 1
    }

    It 'ends it with SignInDenied by cancelling, and the port is free again' {
        $end = Complete-SignIn $pages ([System.IO.File]::ReadAllText($page)) cancel
        $failure = @($shell.EndInvoke($running))
        $failure.Count | Should -Be 1
        $failure[0].FullyQualifiedErrorId | Should -Be 'InteractiveTokenError,Get-AzToken'
        $failure[0].CategoryInfo.Category | Should -Be 'PermissionDenied'
        $failure[0].Exception.Data['Code'] | Should -Be 'SignInDenied'
        $failure[0].Exception.Data['Aadsts'] | Should -Be 65004
        $failure[0].Exception.Data['Retryable'] | Should -BeFalse
        $failure[0].Exception.Message | Should -BeLike 'The sign-in was cancelled or denied in the browser. AADSTS65004: User declined to consent to access the app.*'
        Test-PortFree ([uri]$end).Port | Should -BeTrue
    }
}
