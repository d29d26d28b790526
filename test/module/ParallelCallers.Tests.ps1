BeforeAll {
    Import-Module "$PSScriptRoot/TestSession.psm1" -Force
    Import-Module $ModuleFile -Force

    # Twenty identities of each kind, to see that parallel callers get their own.
    $applications = 'c0f1de00-0000-4000-8000-000000000001', 'ab1e0000-0000-4000-8000-000000000006'
    $agents = @(0..19 | ForEach-Object { 'a9e47000-0000-4000-8000-0000000001{0:d2}' -f $_ })
    $mayRead = @('https://graph.microsoft.com/User.Read.All')
    $directory = @{
        tenants           = @(@{ id = $Contoso; name = 'Contoso'; domains = @('contoso.onmicrosoft.com') })
        applications      = @(
            @{ id = $applications[0]; name = 'Contoso Confidential'; tenants = @($Contoso); secrets = @(@{ value = 'Confidential-Secret~1' }); applicationPermissions = $mayRead }
            @{ id = $applications[1]; name = 'Contoso Other'; tenants = @($Contoso); secrets = @(@{ value = 'Other-Secret~1' }); applicationPermissions = $mayRead }
            @{ id = $Blueprint; name = 'Contoso Agents'; tenants = @($Contoso); isBlueprint = $true; secrets = @(@{ value = 'Blueprint-Secret~1' }) }
            $agents | ForEach-Object { @{ id = $_; name = "Agent $_"; tenants = @($Contoso); blueprint = $Blueprint; applicationPermissions = $mayRead } }
        )
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

    It 'get each their own application''s token from New-PartnerAccessToken and New-SecMgmtAccessToken: 100 calls in 8 runspaces' {
        $script = '
            param($ModuleFile, $Arguments)
            $Command, $Given = $Arguments
            Import-Module $ModuleFile
            @{ Application = $Given.ApplicationId; Token = (& $Command @Given).AccessToken }'
        $credentials = (Get-ApplicationCredential), (Get-ApplicationCredential 'Other-Secret~1' $applications[1])
        $calls = foreach ($number in 1..100) {
            $command = ('New-PartnerAccessToken', 'New-SecMgmtAccessToken')[$number % 3 -eq 0]
            $given = @{ ApplicationId = $applications[$number % 2]; Credential = $credentials[$number % 2]; ServicePrincipal = $true; Tenant = $Contoso; Scopes = 'https://graph.microsoft.com/.default' }
            , @($command, $given)
        }
        $results = Invoke-Parallel $script $calls
        $results.Count | Should -Be 100
        @($results | Where-Object { (Get-Claim $_.Token).appid -ne $_.Application }).Count | Should -Be 0
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
                    $script:MakeToken = ${function:New-AzToken}
                    function script:New-AzToken {
                        $EngineHost['Reusable']['old'] = @{ Result = $null; Token = $null; UntilTicks = 0 }
                        & $MakeToken
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
                param($Module, $Script)
                Import-Module $Module
                . ([scriptblock]::Create($Script))
            }).AddArgument($ModuleFile).AddArgument($TokensBesideAction.ToString())
        try {
            $running = $session.BeginInvoke()
            $running.AsyncWaitHandle.WaitOne(30000) | Should -BeTrue
            $session.EndInvoke($running) | Should -Be 100, $true
        }
        finally { $null = $session.BeginStop($null, $null) }
    }

    It 'are served in an event''s action that comes while the engine''s line is read' {
        $session = [powershell]::Create().AddScript({
                param($Module)
                Import-Module $Module
                & (Get-Module EntraTokenBridge) {
                    $null = Get-EngineHost
                    $script:Convert = ${function:ConvertFrom-RpcJson}
                    # Where PowerShell may run an action: here at the first line of all that the engine says for -Verbose.
                    function script:ConvertFrom-RpcJson {
                        param($Json)
                        if (-not $InAction) { $script:InAction = '...'; $script:InAction = "$(Get-AzToken -Force)" }
                        & $Convert $Json
                    }
                }
                "$(Get-AzToken -Force -Verbose 4> $null)"
                & (Get-Module EntraTokenBridge) { $InAction }
            }).AddArgument($ModuleFile)
        try {
            $running = $session.BeginInvoke()
            $running.AsyncWaitHandle.WaitOne(30000) | Should -BeTrue
            $tokens = @($session.EndInvoke($running))
            $tokens.Count | Should -Be 2
            $tokens | Should -Match '^eyJ'
        }
        finally { $null = $session.BeginStop($null, $null) }
    }

    It 'work with ForEach-Object -Parallel' -Skip:($PSVersionTable.PSVersion.Major -lt 7) {
        $tokens = 1..20 | ForEach-Object -Parallel { Import-Module $using:ModuleFile; "$(Get-AzToken)" } -ThrottleLimit 8
        @($tokens | Select-Object -Unique).Count | Should -Be 1
        $tokens.Count | Should -Be 20
    }

    It 'get each their own agent identity''s token with ForEach-Object -Parallel: 20 parent and 20 agent requests of 200 calls' -Skip:($PSVersionTable.PSVersion.Major -lt 7) {
        & (Get-Module EntraTokenBridge) { Close-TokenEngine (Get-EngineHost) }
        Clear-RequestLog $emulator
        $secret = Get-SecureText 'Blueprint-Secret~1'
        $results = 1..200 | ForEach-Object -ThrottleLimit 8 -Parallel {
            Import-Module $using:ModuleFile
            $agent = ($using:agents)[$_ % 20]
            $token = Get-EntraBetaAgentIdentityToken -BlueprintAppId $using:Blueprint -AgentIdentityAppId $agent -BlueprintSecret $using:secret -TenantId $using:Contoso
            @{ Agent = $agent; Token = $token }
        }
        $results.Count | Should -Be 200
        @($results | Where-Object { (Get-Claim $_.Token).appid -ne $_.Agent }).Count | Should -Be 0
        $counts = @{}
        Get-AgentStep $emulator | Group-Object | ForEach-Object { $counts[$_.Name] = $_.Count }
        $counts['parent'] | Should -Be 20
        $counts['client_credentials'] | Should -Be 20
        $counts.Count | Should -Be 2
    }
}
