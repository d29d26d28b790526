BeforeAll {
    Import-Module "$PSScriptRoot/TestSession.psm1" -Force
    Import-Module $ModuleFile -Force
    $emulator = Start-TestEmulator
    Set-TestEnvironment $emulator (Get-ApplicationVariable)
    $null = Get-AzToken # loads the bridge

    # What the bridge makes of a line that the engine has written, as JSON.
    function Read-Answer {
        param($Line)

        $silence = [System.IO.Pipes.AnonymousPipeServerStream]::new('In')
        $call = @{ Id = '7' }
        $engine = @{
            Line    = [System.Threading.Tasks.Task]::FromResult([string]$Line)
            Output  = [System.IO.StreamReader]::new($silence)
            Pending = @{ '7' = $call }
        }
        & (Get-Module EntraTokenBridge) {
            param($Engine)
            Read-RpcMessage @{} $Engine
            $Engine.Pending['7']
        } $engine | Should -Be $null
        $token = & (Get-Module EntraTokenBridge) { param($Result) ConvertTo-AzToken $Result } $call['Answer']['result']
        $silence.Dispose()
        $token | ConvertTo-Json -Depth 4 -Compress
    }
}
AfterAll {
    Remove-Module EntraTokenBridge
    Stop-TestEmulator $emulator
}

Describe 'The answer that has a token' {
    It 'is taken apart by one pattern, as the engine writes it' {
        $session = [powershell]::Create().AddScript({
                param($Module)
                Import-Module $Module
                & (Get-Module EntraTokenBridge) {
                    $null = Get-EngineHost
                    function script:ConvertFrom-RpcJson { param($Text) throw "the slow way: $Text" }
                }
                "$(Get-AzToken -Force -ErrorAction Stop)"
            }).AddArgument($ModuleFile)
        try { $session.Invoke() | Should -Match '^eyJ' }
        finally { $session.Dispose() }
    }

    It 'is read alike where the pattern does not know it: <What>' -ForEach @(
        @{ What = 'members in another order'; Known = '"identity":null,"tenantId":"t"'; Other = '"tenantId":"t","identity":null' }
        @{ What = 'an escaped character'; Known = '"identity":"alice","tenantId":null'; Other = '"identity":"\u0061lice","tenantId":null' }
        @{ What = 'one more member'; Known = '"identity":"a","tenantId":"t"'; Other = '"identity":"a","more":[],"tenantId":"t"' }
    ) {
        $line = '{"jsonrpc":"2.0","id":7,"result":{"token":"e.y.J","expiresOn":1795270489000,PLACE,"scopes":["a","b"],' +
        '"claims":[["aud","https://x/"],["roles","One","],[","Two",""],["x","],["],["none"],["n","1.0"]],"reusableUntil":null}}'
        $known = $line.Replace('PLACE', $Known)
        $other = $line.Replace('PLACE', $Other)
        $pattern = & (Get-Module EntraTokenBridge) { $TokenPattern }
        $known | Should -MatchExactly $pattern
        $other | Should -Not -MatchExactly $pattern
        $read = Read-Answer $known
        $read | Should -Match '"aud":\["https://x/"\],"roles":\["One","\],\[","Two",""\],"x":\["\],\["\],"none":null,"n":\["1\.0"\]'
        $read | Should -Match '"Scopes":\["a","b"\]'
        Read-Answer $other | Should -Be $read
    }

    It 'has no claims where the token is none that can be read' {
        $read = Read-Answer ('{"jsonrpc":"2.0","id":7,"result":{"token":"opaque","expiresOn":1795270489000,"identity":null,' +
            '"tenantId":null,"scopes":["a"],"claims":[],"reusableUntil":1795270189000}}')
        $read | Should -Match '"Token":"opaque".*"Claims":\{\}'
    }
}
