# What the module's tests share: an emulator of Entra on this machine, and a session whose environment leads to it
# and nowhere else.
$script:Root = [System.IO.Path]::GetFullPath([System.IO.Path]::Combine($PSScriptRoot, '..', '..'))
$script:ModuleFile = [System.IO.Path]::Combine($Root, 'module', 'EntraTokenBridge.psd1')
$script:Node = if ($env:ENTRATOKENBRIDGE_NODE) { $env:ENTRATOKENBRIDGE_NODE } else { 'node' }
$script:Curl, $script:Nowhere = if ($env:OS -eq 'Windows_NT') { 'curl.exe', 'NUL' } else { 'curl', '/dev/null' }

# Ids and people of the emulator's own directory, see docs/emulator.md.
$script:Contoso = '11111111-1111-4111-8111-111111111111'
$script:Alice = 'alice@contoso.onmicrosoft.com'
$script:Blueprint = 'b1ee9000-0000-4000-8000-000000000007'
$script:InvoiceAgent = 'a9e47000-0000-4000-8000-000000000008'

$script:Decisive = 'AZURE_*', 'IDENTITY_*', 'MSI_*', 'IMDS_*', 'SYSTEM_*', 'ACTIONS_*', '*_PROXY', 'NODE_*', 'SSL_CERT_*',
'BROWSER', 'DISPLAY', 'WAYLAND_DISPLAY'

# The emulator as a program; ends with this process.
function Start-TestEmulator {
    param([string[]] $ArgumentList = @())

    $start = [System.Diagnostics.ProcessStartInfo]::new($Node)
    $start.Arguments = (@("`"$Root/src/emulator.ts`"", '--until-stdin-ends') + $ArgumentList) -join ' '
    $start.UseShellExecute = $false
    $start.RedirectStandardInput = $true
    $start.RedirectStandardOutput = $true
    $start.EnvironmentVariables.Remove('NODE_EXTRA_CA_CERTS') # of an emulator that is gone
    $process = [System.Diagnostics.Process]::Start($start)
    $ready = $process.StandardOutput.ReadLine() | ConvertFrom-Json
    [pscustomobject]@{
        Authority       = $ready.authority
        ManagedIdentity = $ready.managedIdentity
        CaFile          = $ready.caFile
        Process         = $process
    }
}

function Stop-TestEmulator {
    param($Emulator)

    $Emulator.Process.StandardInput.Close()
    $null = $Emulator.Process.WaitForExit(5000)
}

# An environment without anything that decides tokens, but for what leads to the emulator and what is given.
function Set-TestEnvironment {
    param($Emulator, [hashtable] $Variables = @{})

    foreach ($name in $Decisive) { Remove-Item "env:$name" -ErrorAction Ignore }
    $env:AZURE_AUTHORITY_HOST = $Emulator.Authority
    $env:AZURE_POD_IDENTITY_AUTHORITY_HOST = $Emulator.ManagedIdentity
    $env:NODE_EXTRA_CA_CERTS = $Emulator.CaFile
    foreach ($name in $Variables.Keys) { Set-Item "env:$name" $Variables[$name] }
}

# The argument of an emulator whose directory, which is written to a file, has these applications of Contoso's, and Alice.
function Get-DirectoryArgument {
    param($File, [hashtable[]] $Applications)

    $directory = @{
        tenants      = @(@{ id = $Contoso; name = 'Contoso'; domains = @('contoso.onmicrosoft.com') })
        users        = @(@{ id = 'a11ce000-0000-4000-8000-000000000001'; userPrincipalName = $Alice; password = 'Alice-Passw0rd!'; displayName = 'Alice' })
        applications = @($Applications | ForEach-Object { @{ tenants = @($Contoso) } + $_ })
    }
    [System.IO.File]::WriteAllText($File, (ConvertTo-Json $directory -Depth 5))
    '--directory', "`"$File`""
}

# A certificate with its key, $Key, which decides of which kind it is. It is valid between two days, counted from today.
function New-TestCertificate {
    param($Name, $Key = [System.Security.Cryptography.RSA]::Create(2048), $From = -1, $To = 1)

    $sha256 = [System.Security.Cryptography.HashAlgorithmName]::SHA256
    $request = if ($Key -is [System.Security.Cryptography.RSA]) {
        [System.Security.Cryptography.X509Certificates.CertificateRequest]::new("CN=$Name", $Key, $sha256, [System.Security.Cryptography.RSASignaturePadding]::Pkcs1)
    }
    else { [System.Security.Cryptography.X509Certificates.CertificateRequest]::new("CN=$Name", $Key, $sha256) }
    $now = [DateTimeOffset]::UtcNow
    $request.CreateSelfSigned($now.AddDays($From), $now.AddDays($To))
}

function ConvertTo-Pem {
    param([byte[]] $Data, $Label = 'CERTIFICATE')

    "-----BEGIN $Label-----`n$([Convert]::ToBase64String($Data, 'InsertLineBreaks'))`n-----END $Label-----`n"
}

# The variables of the emulator's confidential application.
function Get-ApplicationVariable {
    param($Secret = 'Confidential-Secret~1')

    @{
        AZURE_TENANT_ID     = $Contoso
        AZURE_CLIENT_ID     = 'c0f1de00-0000-4000-8000-000000000001'
        AZURE_CLIENT_SECRET = $Secret
    }
}

# A browser for the BROWSER variable that follows the sign-in's redirects; the emulator's scripted user needs no page.
function Get-ScriptedBrowser {
    "$Curl -sk -L -o $Nowhere %s"
}

# A browser that shows the emulator's page to whoever reads the file that it is put in.
function Get-PageBrowser {
    param($File)

    "$Curl -sk -o $File %s"
}

# A browser that opens and in which nobody does anything.
function Get-IdleBrowser {
    if ($env:OS -eq 'Windows_NT') { 'cmd.exe /c rem %s' } else { '/bin/true' }
}

# The emulator's confidential application as a PSCredential; -Secret for one that it doesn't have.
function Get-ApplicationCredential {
    param($Secret = 'Confidential-Secret~1', $UserName = 'c0f1de00-0000-4000-8000-000000000001')

    [pscredential]::new($UserName, [System.Net.NetworkCredential]::new('', $Secret).SecurePassword)
}

function Get-SecureText {
    param($Text)

    [System.Net.NetworkCredential]::new('', $Text).SecurePassword
}

# All that the emulator's agent identity takes, by the parameters of Get-EntraBetaAgentIdentityToken.
function Get-AgentParameter {
    @{
        BlueprintAppId     = $Blueprint
        AgentIdentityAppId = $InvoiceAgent
        BlueprintSecret    = Get-SecureText 'Blueprint-Secret~1'
        TenantId           = $Contoso
    }
}

# What a token says.
function Get-Claim {
    param([string] $Token)

    $payload = $Token.Split('.')[1].Replace('-', '+').Replace('_', '/')
    $bytes = [Convert]::FromBase64String($payload.PadRight([Math]::Ceiling($payload.Length / 4) * 4, '='))
    [System.Text.Encoding]::UTF8.GetString($bytes) | ConvertFrom-Json
}

# The error that a call ends with.
function Get-Failure {
    param([scriptblock] $Call)

    try { $null = & $Call } catch { return $_ }
    throw "'$Call' was to fail, and did not."
}

# What the person does at the emulator's login page, HTML: -Action sign-in (as Alice) or cancel. Returns the address that
# the browser ends on, the answer to the client included.
function Complete-SignIn {
    param($Emulator, [string] $Page, $Action = 'sign-in')

    $token = [regex]::Match($Page, 'name="flow_token" value="([^"]*)"').Groups[1].Value
    $form = "flow_token=$token", "username=$Alice", 'password=Alice-Passw0rd!', "action=$Action" | ForEach-Object { '--data-urlencode', $_ }
    & $Curl -sk -L -o $Nowhere -w '%{url_effective}' "$($Emulator.Authority)/common/login" @form
}

# The same for whom a warning shows a device code.
function Complete-DeviceCode {
    param($Emulator, [string] $Warning, $Action = 'sign-in')

    $code = [regex]::Match($Warning, 'enter the code (\w+)').Groups[1].Value
    $page = & $Curl -sk "$($Emulator.Authority)/devicelogin" --data-urlencode "otc=$code" | Out-String
    $null = Complete-SignIn $Emulator $page $Action
}

# The port that a sign-in's browser comes back to, by what -Verbose says of it; nothing before that.
function Get-SignInPort {
    param([string] $Said)

    [regex]::Match($Said, 'it comes back to http://localhost:(\d+)').Groups[1].Value
}

# Whether nobody listens on a port of this computer.
function Test-PortFree {
    param([int] $Port)

    $listener = [System.Net.Sockets.TcpListener]::new([System.Net.IPAddress]::Loopback, $Port)
    try { $listener.Start(); $true } catch { $false } finally { $listener.Stop() }
}

# The paths of the token requests that the emulator has answered since the log was cleared, of all endpoints.
function Get-TokenRequestPath {
    param($Emulator)

    $log = & $Curl -sk "$($Emulator.Authority)/emulator/requests" | ConvertFrom-Json
    $log | ForEach-Object { $_.path -replace '\?.*$' } | Where-Object { $_ -match '/token$' }
}

# How many there are.
function Get-TokenRequestCount {
    param($Emulator)

    @(Get-TokenRequestPath $Emulator).Count
}

# Which step of an agent identity each token request was, in order: the parent token, or the grant.
function Get-AgentStep {
    param($Emulator)

    & $Curl -sk "$($Emulator.Authority)/emulator/requests" | ConvertFrom-Json | ForEach-Object { $_ } |
        Where-Object { $_.path -match '/oauth2/v2\.0/token$' -and $_.method -eq 'POST' } |
        ForEach-Object { if ($_.body.fmi_path) { 'parent' } else { $_.grantType } }
}

function Clear-RequestLog {
    param($Emulator)

    & $Curl -sk -X DELETE "$($Emulator.Authority)/emulator/requests"
}

# Process id of the engine that serves this PowerShell process; nothing when none runs. Looks where Get-EngineHost keeps it,
# for to call that one would be to start an engine.
function Get-EngineProcessId {
    & (Get-Module EntraTokenBridge) {
        $shared = [System.AppDomain]::CurrentDomain.GetData("EntraTokenBridge $ModuleVersion $ModuleRoot")
        if ($shared -and $shared.Engine) { $shared.Engine.Process.Id }
    }
}

# How many processes that this one has started are running.
function Get-ChildCount {
    $children = if ($PSVersionTable.PSVersion.Major -ge 6) { Get-Process | Where-Object { $_.Parent.Id -eq $PID } | ForEach-Object { $_.Id } }
    else { Get-CimInstance Win32_Process -Filter "ParentProcessId = $PID" | ForEach-Object { $_.ProcessId } }
    @($children | Where-Object { -not (Test-ProcessEnded $_) }).Count
}

# What everybody can see of this process, of the engine and of all else that it has started: another's test on the same
# computer has reasons of its own. On Linux arguments and environment, elsewhere the engine's arguments.
function Get-ProcessText {
    $engine = Get-EngineProcessId
    if (-not (Test-Path '/proc/self/environ')) { return Get-Process -Id $engine | ForEach-Object { $_.CommandLine } }
    $family = @("$PID")
    $parents = foreach ($folder in Get-ChildItem '/proc' | Where-Object { $_.Name -match '^\d+$' }) {
        try { @{ Id = $folder.Name; Parent = ([System.IO.File]::ReadAllText("$($folder.FullName)/stat") -replace '^.*\) \S ').Split(' ')[0] } } catch { continue }
    }
    do {
        $children = @($parents | Where-Object { $_.Parent -in $family -and $_.Id -notin $family } | ForEach-Object { $_.Id })
        $family += $children
    } while ($children)
    if ("$engine" -notin $family) { throw "The engine $engine is no child of this process." }
    $text = foreach ($id in $family) {
        foreach ($file in 'cmdline', 'environ') { try { [System.IO.File]::ReadAllText("/proc/$id/$file") } catch { continue } }
    }
    if (-not ($text -match 'engine\.js')) { throw 'The arguments of the engine can not be seen.' }
    $text -join "`n"
}

# All that records say when they are shown, errors with everything that is known of them.
function Get-SaidText {
    param([object[]] $Said)

    $errors = @($Said | Where-Object { $_ -is [System.Management.Automation.ErrorRecord] })
    @(
        $Said | Out-String -Width 4096
        $errors | Format-List * -Force | Out-String -Width 4096
        $errors | ForEach-Object { "$($_.Exception)"; $_.Exception.Data.Values; $_.ScriptStackTrace }
    ) -join "`n"
}

# Whether a process has ended. On Linux one whose parent has gone stays in the list until init takes note of its end.
function Test-ProcessEnded {
    param([int] $Id)

    $status = "/proc/$Id/status"
    if (Test-Path '/proc/self/status') {
        return -not (Test-Path $status) -or [bool]([System.IO.File]::ReadAllText($status) -match 'State:\s+Z')
    }
    -not (Get-Process -Id $Id -ErrorAction Ignore)
}

# Waits until a condition holds, and says what never did.
function Wait-Until {
    param([scriptblock] $Condition, [string] $What, [double] $Seconds = 10)

    $clock = [System.Diagnostics.Stopwatch]::StartNew()
    while (-not (& $Condition)) {
        if ($clock.Elapsed.TotalSeconds -gt $Seconds) { throw "It never happened that $What." }
        [System.Threading.Thread]::Sleep(20)
    }
}

# For a runspace of its own: 100 tokens, while an event's action gets its own again and again. How many there were, and
# whether the action had some and nothing else.
$TokensBesideAction = {
    $timer = [System.Timers.Timer]::new(7)
    # Once more after each action: on a busy computer there would be more and more to do otherwise.
    $timer.AutoReset = $false
    $null = Register-ObjectEvent $timer Elapsed -Action {
        $global:inAction += @("$(Get-AzToken -Force)")
        $Event.Sender.Start()
    }
    $timer.Start()
    $tokens = foreach ($index in 1..100) { "$(Get-AzToken -Force -ErrorAction Stop)" }
    # An action that is under way starts the timer again; and they go on when the script has ended.
    Get-EventSubscriber | Unregister-Event
    $timer.Dispose()
    @($tokens -cmatch '^eyJ').Count
    @($global:inAction).Count -gt 0 -and -not @($global:inAction -cnotmatch '^eyJ').Count
}

Export-ModuleMember -Function * -Variable TokensBesideAction, Root, ModuleFile, Node, Contoso, Alice, Blueprint, InvoiceAgent
