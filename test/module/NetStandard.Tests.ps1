# Windows PowerShell 5.1 has .NET Framework's types. That the module uses no others is told on any computer, by the
# reference assembly of .NET Standard 2.0.
BeforeDiscovery {
    Import-Module "$PSScriptRoot/NetStandardReference.psm1" -Force
    $reference = Find-NetStandardReference
    $skipped = if (-not ('System.Reflection.Metadata.MetadataReader' -as [type])) { 'this PowerShell can not read metadata' }
    elseif (-not $reference) { 'there is no netstandard.dll here; NETSTANDARD_REFERENCE may name one' }
    $sources = [System.IO.Path]::GetFullPath([System.IO.Path]::Combine($PSScriptRoot, '..', '..', 'module'))
    $scripts = @(Get-ChildItem $sources -Recurse -Include *.ps1, *.psm1 | ForEach-Object {
            @{ Name = $_.FullName.Substring($sources.Length + 1).Replace('\', '/'); File = $_.FullName }
        })
}

Describe '.NET Standard 2.0' -ForEach @{ Reference = $reference } {
    # Skipped where there is nothing to compare with; the title says what is missing.
    if ($skipped) {
        It "is not compared with the module: $skipped" -Skip { }
        return
    }

    BeforeAll {
        Import-Module "$PSScriptRoot/NetStandardReference.psm1" -Force
        Open-NetStandardReference $Reference
    }
    AfterAll { Close-NetStandardReference }

    It 'has all types and members that <Name> uses' -ForEach $scripts {
        $ast = [System.Management.Automation.Language.Parser]::ParseFile($File, [ref]$null, [ref]$null)
        Get-NetStandardProblem $ast | Should -BeNullOrEmpty
    }

    It 'lacks <Lacks>, and the test notices' -ForEach @(
        @{ Lacks = 'System.HashCode'; Script = { [System.HashCode]::Combine(1, 2) } }
        @{ Lacks = 'System.Memory'; Script = { param([System.Memory[byte]] $Memory) $Memory } }
        @{ Lacks = 'System.Text.Json'; Script = { $options = [System.Text.Json.JsonSerializerOptions]::new(); $options } }
        @{ Lacks = 'Fill'; Script = { [array]::Fill([int[]]@(1), 0) } }
        @{ Lacks = 'UnixEpoch'; Script = { [DateTimeOffset]::UnixEpoch } }
        @{ Lacks = 'ToHexString'; Script = { [Convert]::ToHexString([byte[]]@(1)) } }
        @{ Lacks = 'FromHexString'; Script = { $convert = [Convert]::FromHexString; $convert.Invoke('00') } }
        @{ Lacks = 'ArgumentList'; Script = { $start = [System.Diagnostics.ProcessStartInfo]::new('node'); $start.ArgumentList.Add('x') } }
        @{ Lacks = 'Kill'; Script = { param($Engine) $Engine.Process.Kill($true) } }
        @{ Lacks = 'WaitForExitAsync'; Script = { $process = [System.Diagnostics.Process]::Start('node'); $process.WaitForExitAsync() } }
        @{ Lacks = 'ReadAsync'; Script = { $stream = [System.IO.File]::OpenRead('x'); $stream.ReadAsync($buffer) } }
        @{ Lacks = 'WaitAsync'; Script = { [System.Threading.Tasks.Task]::CompletedTask.WaitAsync(5) } }
        @{ Lacks = 'Split'; Script = { 'a--b'.Split('--') } }
        @{ Lacks = 'Contains'; Script = { 'text'.Contains('T', [StringComparison]::OrdinalIgnoreCase) } }
        @{ Lacks = 'IsWindows'; Script = { [OperatingSystem]::IsWindows() } }
        @{ Lacks = 'Join'; Script = { [System.IO.Path]::Join('a', 'b') } }
    ) {
        Get-NetStandardProblem $Script.Ast | Should -Match "line \d+: .*\b$([regex]::Escape($Lacks))\b"
    }

    It 'has <Has>, and the test lets it pass' -ForEach @(
        @{ Has = 'Split by a character'; Script = { 'a,b'.Split(',') } }
        @{ Has = 'Trim by several characters'; Script = { 'text'.Trim('"', ' ') } }
        @{ Has = 'a method without a call'; Script = { $read = [System.IO.File]::ReadAllText; $read.Invoke('x') } }
        @{ Has = 'members of base types'; Script = { $stream = [System.IO.MemoryStream]::new(); $stream.CopyTo($x) } }
        @{ Has = 'members of inherited interfaces'; Script = { param([System.Collections.Generic.IList[int]] $List) $List.Count } }
        @{ Has = 'generic types'; Script = { [System.Collections.Generic.Dictionary[string, Uri[]]]::new().ContainsKey('a') } }
        @{ Has = 'the default of a structure'; Script = { [Guid]::new() } }
        @{ Has = 'properties of what a method returns'; Script = { [DateTimeOffset]::FromUnixTimeMilliseconds(1).UtcDateTime } }
        @{ Has = 'any number of values'; Script = { [System.IO.Path]::Combine('a', 'b', 'c', 'd', 'e', 'f') } }
    ) {
        Get-NetStandardProblem $Script.Ast | Should -BeNullOrEmpty
    }
}
