# The module as such: what it exports, what it loads, what its files are made of, and what it says where Node.js is not.
BeforeDiscovery {
    $sources = [System.IO.Path]::GetFullPath([System.IO.Path]::Combine($PSScriptRoot, '..', '..', 'module'))
    $scripts = @(Get-ChildItem $sources -Recurse -Include *.ps1, *.psm1, *.psd1 | ForEach-Object {
            @{ Name = $_.FullName.Substring($sources.Length + 1).Replace('\', '/'); File = $_.FullName }
        })
}

BeforeAll {
    $root = [System.IO.Path]::GetFullPath([System.IO.Path]::Combine($PSScriptRoot, '..', '..'))
    $manifest = [System.IO.Path]::Combine($root, 'module', 'EntraTokenBridge.psd1')
    $onWindows = [System.IO.Path]::DirectorySeparatorChar -eq '\'
    $shell = (Get-Process -Id $PID).Path

    function Read-Source { param($Path) [System.IO.File]::ReadAllText([System.IO.Path]::Combine($root, $Path)) }

    # Runs a script in a PowerShell of its own, with $Manifest and $Given there, and gives back what it hands out. Its
    # environment leads nowhere, and has besides what is given.
    function Invoke-NewSession {
        param([scriptblock] $Script, [hashtable] $Environment = @{}, [string] $Given)

        $file = Join-Path $TestDrive 'session.ps1'
        $result = Join-Path $TestDrive 'session.xml'
        Remove-Item $result -ErrorAction Ignore
        [System.IO.File]::WriteAllText($file, @"
`$Manifest = '$manifest'
`$Given = '$Given'
& {
$Script
} | Export-Clixml '$result' -Depth 4
"@)
        $variables = @{
            AZURE_AUTHORITY_HOST              = 'https://127.0.0.1:9'
            AZURE_POD_IDENTITY_AUTHORITY_HOST = 'http://127.0.0.1:9'
        } + $Environment
        $before = @{}
        try {
            foreach ($name in $variables.Keys) {
                $before[$name] = [Environment]::GetEnvironmentVariable($name)
                [Environment]::SetEnvironmentVariable($name, $variables[$name])
            }
            $policy = if ($onWindows) { '-ExecutionPolicy', 'Bypass' }
            $said = & $shell -NoProfile -NonInteractive @policy -File $file 2>&1
        }
        finally { foreach ($name in $before.Keys) { [Environment]::SetEnvironmentVariable($name, $before[$name]) } }
        if ($LASTEXITCODE -ne 0 -or -not (Test-Path $result)) { throw "The session failed: $said" }
        Import-Clixml $result
    }

    # What the one command makes of a Node.js that can't run the engine: its error, and whether an engine is left.
    $askForToken = {
        $module = Import-Module $Manifest -PassThru
        $record = $null
        try { Get-AzToken -TenantId 'no tenant' -ErrorAction Stop } catch { $record = $_ }
        @{
            Message   = $record.Exception.Message
            Code      = $record.Exception.Data['Code']
            Retryable = $record.Exception.Data['Retryable']
            Id        = $record.FullyQualifiedErrorId
            Engine    = [bool](& $module { (Get-EngineHost).Engine })
        }
    }
}

Describe 'The manifest' {
    BeforeAll {
        $information = Test-ModuleManifest $manifest -ErrorAction Stop -WarningVariable warnings -WarningAction SilentlyContinue
    }

    It 'is valid' {
        $information.Name | Should -Be 'EntraTokenBridge'
        $warnings | Should -BeNullOrEmpty
    }

    It 'takes Windows PowerShell 5.1 and PowerShell' {
        $information.PowerShellVersion | Should -Be ([version]'5.1')
        $information.CompatiblePSEditions | Sort-Object | Should -Be 'Core', 'Desktop'
    }

    It 'brings no other module and no assembly, so that it lives beside every other module' {
        $data = Import-PowerShellDataFile $manifest
        foreach ($key in 'RequiredModules', 'RequiredAssemblies', 'NestedModules', 'ScriptsToProcess', 'CLRVersion', 'DotNetFrameworkVersion') {
            $data[$key] | Should -BeNullOrEmpty
        }
        $data.RootModule | Should -Be 'EntraTokenBridge.psm1'
    }

    It 'names what it exports one by one, so that PowerShell finds the commands without importing it' {
        $data = Import-PowerShellDataFile $manifest
        $data.FunctionsToExport | Should -Be 'Clear-EntraBetaAgentIdentityContext', 'Get-AzToken', 'Get-EntraBetaAgentIdentityContext',
        'Get-EntraBetaAgentIdentityToken', 'New-PartnerAccessToken', 'New-SecMgmtAccessToken', 'Set-EntraBetaAgentIdentityContext'
        foreach ($key in 'CmdletsToExport', 'VariablesToExport', 'AliasesToExport') {
            $data.ContainsKey($key) | Should -BeTrue -Because $key
            $data[$key] | Should -BeNullOrEmpty
        }
    }

    It 'has the version of the project' {
        $information.Version | Should -Be ([version](Read-Source 'package.json' | ConvertFrom-Json).version)
    }
}

Describe 'Import-Module' {
    BeforeAll {
        # An empty module with the same types and formats: what PowerShell itself loads to import those.
        $empty = Join-Path $TestDrive 'Empty'
        $null = New-Item $empty -ItemType Directory
        Copy-Item (Join-Path $root 'module/*.ps1xml') $empty
        [System.IO.File]::WriteAllText("$empty/Empty.psm1", '')
        [System.IO.File]::WriteAllText("$empty/Empty.psd1", ((Read-Source 'module/EntraTokenBridge.psd1').
                Replace('EntraTokenBridge.psm1', 'Empty.psm1').
                Replace('b6f0a6b5-6b0e-4d0b-9a53-3f7f3a1d2c84', '11111111-1111-4111-8111-111111111111') -replace
                '(FunctionsToExport\s+= @\()[^)]*', '$1'))

        $session = Invoke-NewSession -Given "$empty/Empty.psd1" -Script {
            Import-Module $Given
            $before = [AppDomain]::CurrentDomain.GetAssemblies().FullName
            $commands = (Get-Command -CommandType Function).Name
            $module = Import-Module $Manifest -PassThru
            @{
                Assemblies = @([AppDomain]::CurrentDomain.GetAssemblies().FullName | Where-Object { $_ -notin $before })
                Commands   = @((Get-Command -CommandType Function).Name | Where-Object { $_ -notin $commands })
                Exported   = @($module.ExportedCommands.Keys) + @($module.ExportedVariables.Keys) + @($module.ExportedAliases.Keys)
                Private    = @(& $module { Get-Command -CommandType Function -Module EntraTokenBridge }).Name
                EngineHost = & $module { $EngineHost }
                Loaded     = @($before).Count
            }
        }
    }

    It 'loads no assembly into the session' {
        $session.Loaded | Should -BeGreaterThan 10
        $session.Assemblies | Should -BeNullOrEmpty
    }

    It 'starts no engine' { $session.EngineHost | Should -BeNullOrEmpty }

    It 'adds its commands to the session, and nothing else' {
        $commands = (Import-PowerShellDataFile $manifest).FunctionsToExport
        $session.Commands | Sort-Object | Should -Be $commands
        $session.Exported | Sort-Object | Should -Be $commands
        $session.Private | Should -Contain 'Invoke-TokenEngine'
    }

    It 'says under ConstrainedLanguage what it needs' {
        $message = Invoke-NewSession {
            $ExecutionContext.SessionState.LanguageMode = 'ConstrainedLanguage'
            try { Import-Module $Manifest -ErrorAction Stop } catch { "$_" }
        }
        $message | Should -BeLike 'EntraTokenBridge needs FullLanguage, and runs in ConstrainedLanguage mode here.*trust the module*'
    }
}

Describe 'The files of the module' {
    It 'are ASCII without a byte order mark: Windows PowerShell reads anything else in the code page of its computer' {
        $files = Get-ChildItem (Join-Path $root 'module') -Recurse -File
        $files.Count | Should -BeGreaterThan 10
        ($files | Where-Object { [System.IO.File]::ReadAllBytes($_.FullName) -gt 126 }).Name | Should -BeNullOrEmpty
    }
}

Describe 'The script <Name>' -ForEach $scripts {
    BeforeAll {
        $errors = $null
        $ast = [System.Management.Automation.Language.Parser]::ParseFile($File, [ref]$null, [ref]$errors)
    }

    It 'is PowerShell without classes, enums and Add-Type, each of which would load an assembly' {
        $errors | Should -BeNullOrEmpty
        $ast.FindAll({ $args[0] -is [System.Management.Automation.Language.TypeDefinitionAst] }, $true) | Should -BeNullOrEmpty
        $ast.FindAll({ $args[0] -is [System.Management.Automation.Language.CommandAst] }, $true) |
            ForEach-Object { $_.GetCommandName() } | Where-Object { $_ -in 'Add-Type', 'Import-Module' } | Should -BeNullOrEmpty
        $ast.UsingStatements | Should -BeNullOrEmpty
    }

    It 'names types in full: PowerShell searches all assemblies for a short name, at the cost of the import' {
        $accelerators = [psobject].Assembly.GetType('System.Management.Automation.TypeAccelerators')::Get.Keys
        $ast.FindAll({ $args[0] -is [System.Management.Automation.Language.TypeExpressionAst] -or
                $args[0] -is [System.Management.Automation.Language.AttributeBaseAst] }, $true) |
            ForEach-Object { $_.TypeName.FullName -replace '\[\]$' } |
            Where-Object { $_ -notlike 'System.*' -and $_ -notin $accelerators } | Should -BeNullOrEmpty
        $ast.Extent.Text | Should -Not -Match '\[(System\.)?Reflection\.Assembly\]|\.LoadFrom\(|\.LoadFile\('
    }
}

Describe 'What the module knows of the protocol' {
    BeforeAll {
        $module = Import-Module $manifest -PassThru
        function Get-Quoted {
            param($Path, $Constant)
            $list = [regex]::Match((Read-Source $Path), "(?s)export const $Constant = \[(.*?)\] as const").Groups[1].Value
            [regex]::Matches(($list -replace '(?m)//.*$'), "'(\w+)'") | ForEach-Object { $_.Groups[1].Value }
        }
    }
    AfterAll { Remove-Module EntraTokenBridge }

    It 'is its version' {
        $version = [regex]::Match((Read-Source 'src/protocol/version.ts'), 'protocolVersion = (\d+);').Groups[1].Value
        & $module { $ProtocolVersion } | Should -Be ([int]$version)
    }

    It 'is the list of environment variables, in its order' {
        $protocol = @(Get-Quoted 'src/protocol/environment.ts' environmentNames)
        $protocol.Count | Should -BeGreaterThan 50
        @(& $module { $EnvironmentNames }) -join ' ' | Should -BeExactly ($protocol -join ' ')
    }

    It 'takes names of environment variables in any case where the system does' {
        & $module { (ConvertTo-CaseInsensitive @{ azure_tenant_id = 'contoso' })['AZURE_TENANT_ID'] } | Should -Be 'contoso'
        $twice = [hashtable]::new([System.StringComparer]::Ordinal)
        $twice['Path'] = '/a'
        $twice['PATH'] = '/a'
        & $module { param($Twice) (ConvertTo-CaseInsensitive $Twice)['path'] } $twice | Should -Be '/a'
    }

    It 'starts the engine by a loop that is too short to be compiled' {
        & $module { $EngineEnvironmentNames.Count } | Should -BeLessOrEqual 15
    }

    It 'are the parameter sets and the sources of the chain' {
        $command = Get-Command Get-AzToken
        $command.ParameterSets.Name | Should -Be (Get-Quoted 'src/protocol/az-token.ts' azTokenParameterSets)
        $sources = $command.Parameters['CredentialPrecedence'].Attributes | Where-Object { $_ -is [ValidateSet] }
        $sources.ValidValues | Should -Be (Get-Quoted 'src/protocol/az-token.ts' credentialSources)
    }

    It 'gives a category only to codes that there are, and each is one of PowerShell' {
        $codes = Get-Quoted 'src/protocol/errors.ts' errorCodes
        $categories = & $module { $TokenErrorCategories }
        $categories.Keys | Where-Object { $_ -cnotin $codes } | Should -BeNullOrEmpty
        $known = [enum]::GetNames([System.Management.Automation.ErrorCategory])
        $categories.Values | Where-Object { $_ -cnotin $known } | Should -BeNullOrEmpty
    }

    It 'starts the engine with nothing that is a credential or brings code into it' {
        $names = & $module { $EngineEnvironmentNames }
        $names | Should -Contain 'PATH'
        $names -match 'SECRET|PASSWORD|TOKEN|HEADER|^AZURE_|^IDENTITY_|^MSI_|^NODE(?!_EXTRA_CA_CERTS$)|^LD_|^DYLD_' | Should -BeNullOrEmpty
    }
}

Describe 'Where Node.js can not run the engine' {
    BeforeAll {
        # A program that answers --version and can't do anything else.
        function New-FakeNode {
            param($Version)

            $file = Join-Path $TestDrive "node-$Version"
            if ($onWindows) {
                $file += '.cmd'
                $text = "@if `"%~1`"==`"--version`" (echo v$Version) else (echo Unexpected token 1>&2 & exit /b 1)`r`n"
                [System.IO.File]::WriteAllText($file, $text)
            }
            else {
                $text = "#!/bin/sh`nif [ `"`$1`" = --version ]; then echo v$Version; else echo Unexpected token >&2; exit 1; fi`n"
                [System.IO.File]::WriteAllText($file, $text)
                & chmod 755 $file
            }
            $file
        }

        # How each system's people install it.
        $installation = if ($onWindows) { 'winget install OpenJS.NodeJS.LTS' }
        elseif (Test-Path '/System/Library') { 'brew install node' }
        else { 'sudo apt install nodejs' }
    }

    It 'says that there is none on PATH, and how to install it' {
        $nowhere = Join-Path $TestDrive 'nowhere'
        $null = New-Item $nowhere -ItemType Directory
        $answer = Invoke-NewSession $askForToken @{ ENTRATOKENBRIDGE_NODE = $null; PATH = $nowhere }
        $answer.Message | Should -BeLike 'EntraTokenBridge runs its token engine on Node.js, which is not here: there is no node on PATH.*'
        $answer.Message | Should -BeLike "*$installation*ENTRATOKENBRIDGE_NODE*"
        $answer.Code | Should -Be 'EngineError'
        $answer.Retryable | Should -BeFalse
        $answer.Id | Should -Be 'NonInteractiveTokenError,Get-AzToken'
        $answer.Engine | Should -BeFalse
    }

    It 'takes none from a relative folder of PATH, where anybody may have put it' {
        $folder = Join-Path $TestDrive 'here'
        $null = New-Item (Join-Path $folder 'bin') -ItemType Directory
        $name = if ($onWindows) { 'node.exe' } else { 'node' }
        Copy-Item (New-FakeNode '26.0.0') (Join-Path $folder "bin/$name")
        $script = [scriptblock]::Create("Set-Location `$Given; [Environment]::CurrentDirectory = `$Given`n$askForToken")
        $path = 'bin', '.', './bin' -join [System.IO.Path]::PathSeparator
        $answer = Invoke-NewSession $script @{ ENTRATOKENBRIDGE_NODE = $null; PATH = $path } -Given $folder
        $answer.Message | Should -BeLike '*there is no node on PATH*'
    }

    It 'says that ENTRATOKENBRIDGE_NODE leads nowhere, and takes no other in its place' {
        $file = Join-Path $TestDrive 'no-node'
        $answer = Invoke-NewSession $askForToken @{ ENTRATOKENBRIDGE_NODE = $file }
        $answer.Message | Should -BeLike "There is no file '$file', where ENTRATOKENBRIDGE_NODE says that Node.js is.*"
        $answer.Message | Should -BeLike '*Remove-Item Env:ENTRATOKENBRIDGE_NODE'
        $answer.Code | Should -Be 'EngineError'
        $answer.Engine | Should -BeFalse
    }

    It 'says that Node.js <Version> is too old, which one is needed, and how to install it' -ForEach @(
        @{ Version = '18.20.8' }, @{ Version = '22.20.0' }, @{ Version = '24.4.1' }
    ) {
        $node = New-FakeNode $Version
        $answer = Invoke-NewSession $askForToken @{ ENTRATOKENBRIDGE_NODE = $node }
        $answer.Message | Should -BeLike "Node.js $Version ('$node') is too old: *needs 22.21 or a later 22, or 24.5 or later.*"
        $answer.Message | Should -BeLike "*$installation*"
        $answer.Code | Should -Be 'EngineError'
        $answer.Retryable | Should -BeFalse
        $answer.Engine | Should -BeFalse
    }

    It 'gives the last words of a Node.js of the right version that does not start' {
        $node = New-FakeNode '26.0.0'
        $answer = Invoke-NewSession $askForToken @{ ENTRATOKENBRIDGE_NODE = $node }
        $answer.Message | Should -BeLike "The token engine did not start on '$node'. Its last words: Unexpected token*"
        $answer.Code | Should -Be 'EngineError'
        $answer.Engine | Should -BeFalse
    }

    It 'says that a file which is no program can not be started' -Skip:([System.IO.Path]::DirectorySeparatorChar -eq '\') {
        $node = Join-Path $TestDrive 'no-program'
        [System.IO.File]::WriteAllText($node, 'text')
        $answer = Invoke-NewSession $askForToken @{ ENTRATOKENBRIDGE_NODE = $node }
        $answer.Message | Should -BeLike "Node.js at '$node' can't be started: *"
        $answer.Code | Should -Be 'EngineError'
        $answer.Engine | Should -BeFalse
    }

    It 'names the program that <What>, as a wrapper around Node.js may' -Skip:([System.IO.Path]::DirectorySeparatorChar -eq '\') -ForEach @(
        @{ What = 'says something else'; Line = 'echo Now using node v26'; Reason = 'It wrote something that is no message.' }
        @{ What = 'says nothing'; Line = 'exec sleep 60'; Reason = 'It hung: it gave no sign of life for 1.2 seconds.' }
    ) {
        $node = Join-Path $TestDrive 'wrapper'
        [System.IO.File]::WriteAllText($node, "#!/bin/sh`n$Line`n")
        & chmod 755 $node
        $script = [scriptblock]::Create("& (Import-Module `$Manifest -PassThru) { `$script:HeartbeatSlices = 2 }`n$askForToken")
        $answer = Invoke-NewSession $script @{ ENTRATOKENBRIDGE_NODE = $node }
        $answer.Message | Should -BeLike "The token engine did not start on '$node'. $Reason*"
    }
}
