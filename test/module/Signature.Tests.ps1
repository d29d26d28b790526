# What the session answers where the engine asks for a signature of a key that never leaves it (host/sign).
Describe 'A signature' {
    BeforeAll {
        Import-Module "$PSScriptRoot/TestSession.psm1" -Force
        Import-Module $ModuleFile -Force

        # What the session answers to host/sign.
        function Get-SignAnswer {
            param($Asked, $Certificate)

            & (Get-Module EntraTokenBridge) {
                param($Asked, $Certificate)
                $null = Get-EngineHost
                function script:Write-RpcMessage { param($Engine, $Json) $script:Answer = $Json }
                Send-Signature @{} @{ id = '7'; params = $Asked } $Certificate
                $Answer
            } $Asked $Certificate | ConvertFrom-Json
        }

        $key = [System.Security.Cryptography.RSA]::Create(2048)
        $certificate = @{ Key = $key; Description = @{ handle = 'mine' } }
        $data = [System.Text.Encoding]::ASCII.GetBytes('header.payload')
    }
    AfterAll { Remove-Module EntraTokenBridge }

    It 'is <Algorithm> over the bytes that are asked for' -ForEach @(
        @{ Algorithm = 'PS256'; Padding = 'Pss' }
        @{ Algorithm = 'RS256'; Padding = 'Pkcs1' }
    ) {
        $answer = Get-SignAnswer @{ handle = 'mine'; algorithm = $Algorithm; data = [Convert]::ToBase64String($data) } $certificate
        $answer.id | Should -Be 7
        $signature = [Convert]::FromBase64String($answer.result.signature)
        $sha256 = [System.Security.Cryptography.HashAlgorithmName]::SHA256
        $key.VerifyData($data, $signature, $sha256, [System.Security.Cryptography.RSASignaturePadding]::$Padding) | Should -BeTrue
        $signature[0] = $signature[0] -bxor 1
        $key.VerifyData($data, $signature, $sha256, [System.Security.Cryptography.RSASignaturePadding]::$Padding) | Should -BeFalse
    }

    It 'is refused <When>' -ForEach @(
        @{ When = 'for another key'; Handle = 'another'; HasCertificate = $true }
        @{ When = 'for a request that came without a certificate'; Handle = 'mine'; HasCertificate = $false }
    ) {
        $given = if ($HasCertificate) { $certificate }
        $answer = Get-SignAnswer @{ handle = $Handle; algorithm = 'PS256'; data = [Convert]::ToBase64String($data) } $given
        $answer.PSObject.Properties.Name | Should -Not -Contain 'result'
        $answer.error.message | Should -Be 'That key is not at hand.'
    }

    It 'that the key can''t make is answered with the reason' {
        $public = [System.Security.Cryptography.RSA]::Create()
        $public.ImportParameters($key.ExportParameters($false))
        $answer = Get-SignAnswer @{ handle = 'mine'; algorithm = 'PS256'; data = [Convert]::ToBase64String($data) } @{ Key = $public; Description = @{ handle = 'mine' } }
        $answer.error.message.Length | Should -BeGreaterThan 10
    }
}
