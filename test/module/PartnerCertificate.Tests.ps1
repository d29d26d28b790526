# Certificates of the X509 store. On Linux and macOS .NET keeps the person's store in their home folder, so these sessions
# have a home of their own; on Windows it is the person's store itself, to which nothing is added but on a build server.
# The machine's store can't be written on Linux, so that it is looked at second is not shown here.
BeforeDiscovery {
    $untouchable = [System.IO.Path]::DirectorySeparatorChar -eq '\' -and -not $env:CI
    $both = @{ Command = 'New-PartnerAccessToken' }, @{ Command = 'New-SecMgmtAccessToken' }
}

Describe 'Certificates of the store' -Skip:$untouchable {
    BeforeAll {
        Import-Module "$PSScriptRoot/TestSession.psm1" -Force

        # A certificate with its key as PFX: $Key decides of which kind.
        function Export-TestCertificate {
            param($Name, $Key = [System.Security.Cryptography.RSA]::Create(2048), $From = -1, $To = 1, [switch] $WithoutKey)

            $certificate = New-TestCertificate $Name $Key $From $To
            $type = if ($WithoutKey) { 'Cert' } else { 'Pfx' }
            [System.IO.File]::WriteAllBytes((Join-Path $TestDrive "$Name.file"), $certificate.Export($type, 'password'))
            @{ Name = $Name; Thumbprint = $certificate.Thumbprint; Pem = ConvertTo-Pem $certificate.RawData; Data = [Convert]::ToBase64String($certificate.RawData) }
        }

        $key = [System.Security.Cryptography.RSA]::Create(2048)
        $registered = Export-TestCertificate 'registered' $key
        $stranger = Export-TestCertificate 'stranger'
        $expired = Export-TestCertificate 'expired' -From -2 -To -1
        $early = Export-TestCertificate 'early' -From 1 -To 2
        $keyless = Export-TestCertificate 'keyless' -WithoutKey
        $elliptic = Export-TestCertificate 'elliptic' ([System.Security.Cryptography.ECDsa]::Create())

        $application = 'ce470000-0000-4000-8000-000000000002'
        $directory = Get-DirectoryArgument "$TestDrive/directory.json" @(
            @{
                id                     = $application
                name                   = 'Contoso Certificate'
                certificates           = @($registered.Pem)
                redirectUris           = @('http://localhost')
                delegatedPermissions   = @('https://graph.microsoft.com/User.Read')
                adminConsent           = $true
                applicationPermissions = @('https://graph.microsoft.com/User.Read.All')
            }
            @{ id = $Blueprint; name = 'Contoso Agents'; isBlueprint = $true; certificates = @($registered.Pem) }
            @{ id = $InvoiceAgent; name = 'Contoso Invoice Agent'; blueprint = $Blueprint }
        )
        $emulator = Start-TestEmulator ($directory + '--scripted-user' + $Alice)
        $homeFolder = Join-Path $TestDrive 'home'
        $null = New-Item $homeFolder -ItemType Directory

        # Runs a script in a PowerShell of its own, whose store is the test's, and gives back what it hands out.
        function Invoke-StoreSession {
            param([scriptblock] $Script, [hashtable] $Variables = @{})

            $given = Join-Path $TestDrive 'given.xml'
            $result = Join-Path $TestDrive 'result.xml'
            $session = Join-Path $TestDrive 'session.ps1'
            $Variables + @{ Folder = "$TestDrive"; ModuleFile = $ModuleFile; Application = $application; Contoso = $Contoso } | Export-Clixml $given
            Remove-Item $result -ErrorAction Ignore
            [System.IO.File]::WriteAllText($session, @"
`$given = Import-Clixml '$given'
foreach (`$name in `$given.Keys) { Set-Variable `$name `$given[`$name] }
`$known = @{ ApplicationId = `$Application; Tenant = `$Contoso }
`$userRead, `$graphDefault = 'https://graph.microsoft.com/User.Read', 'https://graph.microsoft.com/.default'
# The certificates are there once, however many sessions there are.
function Get-Store { [System.Security.Cryptography.X509Certificates.X509Store]::new('My', 'CurrentUser') }
function Get-Failure { param([scriptblock] `$Call) try { `$null = & `$Call } catch {
    @{ Id = `$_.FullyQualifiedErrorId; Category = "`$(`$_.CategoryInfo.Category)"; Message = `$_.Exception.Message; Code = `$_.Exception.Data['Code']; Parameter = `$_.Exception.Data['Parameter'] } } }
& { $Script } | Export-Clixml '$result' -Depth 5
"@)
            $before = $env:HOME
            try {
                Set-TestEnvironment $emulator @{ BROWSER = Get-ScriptedBrowser }
                $env:HOME = $homeFolder
                $said = & (Get-Process -Id $PID).Path -NoProfile -NonInteractive -File $session 2>&1
            }
            finally { $env:HOME = $before }
            if ($said -or -not (Test-Path $result)) { throw "The session failed: $said" }
            Import-Clixml $result
        }

        Invoke-StoreSession {
            $store = Get-Store
            $store.Open('ReadWrite')
            foreach ($name in 'registered', 'stranger', 'expired', 'early', 'keyless', 'elliptic') {
                $store.Add([System.Security.Cryptography.X509Certificates.X509Certificate2]::new("$Folder/$name.file", 'password', 'PersistKeySet, Exportable'))
            }
            $store.Certificates.Count
        } | Should -BeGreaterOrEqual 6
    }
    AfterAll {
        if (-not $untouchable) {
            Invoke-StoreSession -Variables @{ Thumbprints = @($registered, $stranger, $expired, $early, $keyless, $elliptic).Thumbprint } {
                $store = Get-Store
                $store.Open('ReadWrite')
                foreach ($thumbprint in $Thumbprints) { $store.RemoveRange($store.Certificates.Find('FindByThumbprint', $thumbprint, $false)) }
                $store.Close()
                $true
            }
            Stop-TestEmulator $emulator
        }
    }

    It 'are the ones of the home folder that the test has made, not the person''s' -Skip:([System.IO.Path]::DirectorySeparatorChar -eq '\') {
        Get-ChildItem $homeFolder -Recurse -Force -File | Where-Object { $_.Name -like "$($registered.Thumbprint)*" } | Should -Not -BeNullOrEmpty
        (Invoke-StoreSession { $store = Get-Store; $store.Open('ReadOnly'); $store.Certificates.Count }) | Should -Be 6
    }

    It 'prove an application to <Command>: for itself, for a person in the browser, and with a refresh token' -ForEach $both {
        $results = Invoke-StoreSession -Variables @{ Command = $Command; Thumbprint = $registered.Thumbprint } {
            Import-Module $ModuleFile
            $known.CertificateThumbprint = $Thumbprint
            $alone = & $Command @known -Scopes $graphDefault
            # Warns of ports that other programs have.
            $signedIn = & $Command @known -Scopes $userRead -UseAuthorizationCode -ServicePrincipal -WarningAction SilentlyContinue
            $refreshed = & $Command @known -Scopes $userRead -RefreshToken $signedIn.RefreshToken
            $again = & $Command @known -Scopes $graphDefault
            @{ Alone = $alone; SignedIn = $signedIn; Refreshed = $refreshed; Same = $alone.AccessToken -eq $again.AccessToken }
        }
        $results.Alone.AccessToken | Should -Match '^eyJ'
        $null -eq $results.Alone.Account | Should -BeTrue
        $results.SignedIn.Account.Username | Should -Be $Alice
        $results.Refreshed.Account.Username | Should -Be $Alice
        $results.Refreshed.RefreshToken | Should -Not -Be $results.SignedIn.RefreshToken
        $results.Same | Should -BeTrue
    }

    It 'prove the blueprint of an agent identity, given or kept for the session; another one is refused' {
        $agent = @{ BlueprintAppId = $Blueprint; AgentIdentityAppId = $InvoiceAgent; TenantId = $Contoso }
        $results = Invoke-StoreSession -Variables @{ Agent = $agent; Registered = $registered.Thumbprint; Stranger = $stranger.Thumbprint } {
            Import-Module $ModuleFile
            $token = Get-EntraBetaAgentIdentityToken @Agent -BlueprintCertificateThumbprint $Registered
            Set-EntraBetaAgentIdentityContext @Agent -BlueprintCertificateThumbprint $Registered
            $again = Get-EntraBetaAgentIdentityToken
            @{
                Token    = $token
                Again    = $again
                Context  = (Get-EntraBetaAgentIdentityContext).BlueprintCredential
                Stranger = Get-Failure { Get-EntraBetaAgentIdentityToken -BlueprintCertificateThumbprint $Stranger }
                Absent   = Get-Failure { Get-EntraBetaAgentIdentityToken -BlueprintCertificateThumbprint ('0' * 40) }
            }
        }
        (Get-Claim $results.Token).appid | Should -Be $InvoiceAgent
        $results.Again | Should -BeExactly $results.Token
        $results.Context | Should -Be "BlueprintCertificateThumbprint $($registered.Thumbprint)"
        $results.Stranger.Id | Should -Be 'AutonomousAppTokenError,Get-EntraBetaAgentIdentityToken'
        $results.Stranger.Code | Should -Be 'InvalidClient'
        $results.Stranger.Parameter | Should -Be 'BlueprintCertificateThumbprint'
        $results.Absent.Code | Should -Be 'CertificateNotFound'
        $results.Absent.Parameter | Should -Be 'BlueprintCertificateThumbprint'
        $results.Absent.Message | Should -BeLike '*or correct -BlueprintCertificateThumbprint.'
    }

    It 'are found by a thumbprint as people copy it: with spaces, in small letters, after an invisible mark' {
        $copied = [char]0x200e + ($registered.Thumbprint.ToLowerInvariant() -replace '(..)', '$1 ')
        (Invoke-StoreSession -Variables @{ Copied = $copied } {
            Import-Module $ModuleFile
            New-PartnerAccessToken @known -CertificateThumbprint $Copied -Scopes $graphDefault
        }).AccessToken | Should -Match '^eyJ'
    }

    It 'have keys that never leave the session: the engine gets the certificate and signatures' {
        $sent = Invoke-StoreSession -Variables @{ Thumbprint = $registered.Thumbprint } {
            $module = Import-Module $ModuleFile -PassThru
            & $module {
                $script:Sent = [System.Collections.ArrayList]::new()
                $script:Write = ${function:Write-RpcMessage}
                function script:Write-RpcMessage { param($Engine, $Json) $null = $Sent.Add($Json); & $Write $Engine $Json }
            }
            $null = New-PartnerAccessToken @known -CertificateThumbprint $Thumbprint -Scopes $graphDefault -ErrorAction Stop
            , @(& $module { $Sent })
        }
        $parameters = $key.ExportParameters($true)
        $text = $sent -join "`n"
        $text.Contains($registered.Data) | Should -BeTrue
        $text | Should -Match '"result":\{"signature":"[A-Za-z0-9+/=]{344}"\}'
        foreach ($part in 'D', 'P', 'Q', 'DP', 'DQ', 'InverseQ') {
            # Wherever it stood in DER, some of these would be there.
            $bytes = $parameters.$part
            foreach ($offset in 0..2) { $text.Contains([Convert]::ToBase64String($bytes, $offset + 3, 60)) | Should -BeFalse -Because $part }
        }
    }

    It 'with keys of old providers, which know no PSS, sign with RS256 and leave no error behind' {
        $results = Invoke-StoreSession -Variables @{ Thumbprint = $registered.Thumbprint } {
            $module = Import-Module $ModuleFile -PassThru
            & $module {
                $null = Get-Command Open-ClientCertificate # in the shipped module it is read when it is needed
                $script:Signed = [System.Collections.ArrayList]::new()
                $script:Find, $script:Sign = ${function:Get-SigningAlgorithm}, ${function:Get-Signature}
                # The store's key as .NET Framework hands out those of old providers.
                function script:Get-SigningAlgorithm {
                    param($Key, $Thumbprint)
                    $script:Old = [System.Security.Cryptography.RSACryptoServiceProvider]::new()
                    $Old.ImportParameters($Key.ExportParameters($true))
                    & $Find $Old $Thumbprint
                }
                function script:Get-Signature {
                    param($Key, $Algorithm, $Data)
                    $null = $Signed.Add($Algorithm)
                    , (& $Sign $Old $Algorithm $Data)
                }
            }
            $Error.Clear()
            $token = New-PartnerAccessToken @known -CertificateThumbprint $Thumbprint -Scopes $graphDefault -ErrorVariable failure
            @{ Token = $token; Signed = @(& $module { $Signed }); Errors = @($failure) + @($Error) }
        }
        $results.Token.AccessToken | Should -Match '^eyJ'
        $results.Signed | Should -Be 'RS256'
        $results.Errors.Count | Should -Be 0
    }

    It 'with keys of devices that know no PSS sign with RS256' {
        $results = Invoke-StoreSession -Variables @{ Thumbprint = $registered.Thumbprint } {
            $module = Import-Module $ModuleFile -PassThru
            & $module {
                $null = Get-Command Open-ClientCertificate # in the shipped module it is read when it is needed
                $script:Signed = [System.Collections.ArrayList]::new()
                $script:Sign = ${function:Get-Signature}
                function script:Get-Signature {
                    param($Key, $Algorithm, $Data)
                    $null = $Signed.Add($Algorithm)
                    if ($Algorithm -eq 'PS256') { throw 'The device knows no PSS.' }
                    , (& $Sign $Key $Algorithm $Data)
                }
            }
            foreach ($command in 'New-PartnerAccessToken', 'New-SecMgmtAccessToken') {
                $token = & $command @known -CertificateThumbprint $Thumbprint -Scopes $graphDefault -ErrorAction Stop
            }
            @{ Token = $token; Signed = @(& $module { $Signed }) }
        }
        $results.Token.AccessToken | Should -Match '^eyJ'
        # Tried once for a key.
        @($results.Signed -eq 'PS256').Count | Should -Be 1
        $results.Signed | Should -Contain 'RS256'
    }

    It 'that are <What> are refused by <Command>: <Code>' -ForEach @(
        foreach ($command in 'New-PartnerAccessToken', 'New-SecMgmtAccessToken') {
            @{ Command = $command; What = 'missing'; Name = $null; Code = 'CertificateNotFound'; Category = 'ObjectNotFound'
                Message = 'There is no certificate 00112233445566778899AABBCCDDEEFF00112233 in the store My of the current user or of the local machine. Import it there together with its private key, or correct -CertificateThumbprint.'
            }
            @{ Command = $command; What = 'expired'; Name = 'expired'; Code = 'CertificateInvalid'; Category = 'InvalidData'
                Message = 'The certificate {0} expired on *. Make a new one, and register it with the application.'
            }
            @{ Command = $command; What = 'not valid yet'; Name = 'early'; Code = 'CertificateInvalid'; Category = 'InvalidData'
                Message = 'The certificate {0} is valid only from *. Check this machine''s clock, or wait.'
            }
            @{ Command = $command; What = 'without their private key'; Name = 'keyless'; Code = 'CertificateInvalid'; Category = 'InvalidData'
                Message = 'The certificate {0} has no private key here. Import it again from a file that has the key, such as a PFX file.'
            }
            @{ Command = $command; What = 'not RSA'; Name = 'elliptic'; Code = 'CertificateInvalid'; Category = 'InvalidData'
                Message = 'The certificate {0} has no RSA key; Entra takes RSA keys only. Use a certificate with an RSA key.'
            }
            @{ Command = $command; What = 'named by no thumbprint'; Name = 'nonsense'; Code = 'InvalidParameter'; Category = 'InvalidArgument'
                Message = 'Parameter CertificateThumbprint: ''nonsense'' is no thumbprint, which has 40 hexadecimal digits. See it with: Get-ChildItem Cert:\CurrentUser\My'
            }
            @{ Command = $command; What = 'named by a long text'; Name = 'long'; Code = 'InvalidParameter'; Category = 'InvalidArgument'
                Message = "Parameter CertificateThumbprint: '$('x' * 100)...' is no thumbprint, which has 40 hexadecimal digits. *"
            }
        }
    ) {
        if (-not $failures) {
            $all = @{ none = '00112233445566778899AABBCCDDEEFF00112233'; nonsense = 'nonsense'; long = 'x' * 1000 }
            foreach ($one in $expired, $early, $keyless, $elliptic) { $all[$one.Name] = $one.Thumbprint }
            $script:failures = Invoke-StoreSession -Variables @{ All = $all } {
                Import-Module $ModuleFile
                $failures = @{}
                foreach ($command in 'New-PartnerAccessToken', 'New-SecMgmtAccessToken') {
                    foreach ($name in $All.Keys) {
                        $failures["$command $name"] = Get-Failure { & $command @known -CertificateThumbprint $All[$name] -Scopes $graphDefault -ErrorAction Stop }
                    }
                }
                $failures
            }
        }
        $failure = $failures["$Command $(if ($Name) { $Name } else { 'none' })"]
        $failure.Id | Should -Be "ServicePrincipalCertificateTokenError,$Command"
        $failure.Code | Should -Be $Code
        $failure.Category | Should -Be $Category
        $failure.Parameter | Should -Be 'CertificateThumbprint'
        $thumbprint = @($expired, $early, $keyless, $elliptic) | Where-Object { $_.Name -eq $Name } | ForEach-Object { $_.Thumbprint }
        $failure.Message | Should -BeLike ($Message -f $thumbprint)
    }

    It 'that are missing leave one error behind, where there is no store of the machine too' {
        $texts = Invoke-StoreSession {
            Import-Module $ModuleFile
            $Error.Clear()
            New-PartnerAccessToken @known -CertificateThumbprint ('0' * 40) -Scopes $graphDefault -ErrorAction SilentlyContinue -ErrorVariable failure
            @($failure) + @($Error) | ForEach-Object { "$_" }
        }
        @($texts).Count | Should -Be 2
        $texts | ForEach-Object { $_ | Should -BeLike 'There is no certificate 0000*' }
    }

    It 'that the application doesn''t know get Entra''s refusal' {
        $failure = Invoke-StoreSession -Variables @{ Thumbprint = $stranger.Thumbprint } {
            Import-Module $ModuleFile
            Get-Failure { New-PartnerAccessToken @known -CertificateThumbprint $Thumbprint -Scopes $graphDefault -ErrorAction Stop }
        }
        $failure.Code | Should -Be 'InvalidClient'
        $failure.Message | Should -Match '^AADSTS700027: '
    }

    It 'serve parallel callers: 20 calls in 8 runspaces' {
        Invoke-StoreSession -Variables @{ Thumbprint = $registered.Thumbprint } {
            $pool = [runspacefactory]::CreateRunspacePool(1, 8)
            $pool.Open()
            $calls = foreach ($number in 1..20) {
                $shell = [powershell]::Create()
                $shell.RunspacePool = $pool
                $null = $shell.AddScript('param($Module, $Known, $Scope, $Thumbprint) Import-Module $Module; (New-PartnerAccessToken @Known -Scopes $Scope -CertificateThumbprint $Thumbprint).AccessToken').
                AddArgument($ModuleFile).AddArgument($known).AddArgument($graphDefault).AddArgument($Thumbprint)
                @{ Shell = $shell; Running = $shell.BeginInvoke() }
            }
            @($calls | ForEach-Object { $_.Shell.EndInvoke($_.Running) } | Where-Object { $_ -like 'eyJ*' }).Count
        } | Should -Be 20
    }

    It 'are offered by tab completion when they have their key' {
        $offered = Invoke-StoreSession {
            Import-Module $ModuleFile
            $line = 'New-PartnerAccessToken -CertificateThumbprint '
            (TabExpansion2 $line $line.Length).CompletionMatches | ForEach-Object { $_.CompletionText; $_.ToolTip }
        }
        $offered | Should -Contain $registered.Thumbprint
        $offered | Should -Not -Contain $keyless.Thumbprint
        "$offered" | Should -Match 'CN=registered, until '
    }
}
