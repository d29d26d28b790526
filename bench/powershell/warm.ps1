# Milliseconds of each call in a session that has run for a while, as JSON: our commands and Invoke-RestMethod in turn,
# in a younger session and in an older one.
param($Module)
$ErrorActionPreference = 'Stop'
Import-Module $Module

$post = @{
    Method = 'Post'
    Uri    = "$env:AZURE_AUTHORITY_HOST/$env:AZURE_TENANT_ID/oauth2/v2.0/token"
    Body   = @{
        grant_type    = 'client_credentials'
        client_id     = $env:AZURE_CLIENT_ID
        client_secret = $env:AZURE_CLIENT_SECRET
        scope         = 'https://graph.microsoft.com/.default'
    }
}
$secret = ConvertTo-SecureString $env:AZURE_CLIENT_SECRET -AsPlainText -Force
$partner = @{
    ServicePrincipal = $true
    ApplicationId    = $env:AZURE_CLIENT_ID
    Credential       = [pscredential]::new($env:AZURE_CLIENT_ID, $secret)
    Tenant           = $env:AZURE_TENANT_ID
    Scopes           = 'https://graph.microsoft.com/.default'
}
# Of the emulator's own directory, see docs/emulator.md.
$agent = @{
    BlueprintAppId     = 'b1ee9000-0000-4000-8000-000000000007'
    AgentIdentityAppId = 'a9e47000-0000-4000-8000-000000000008'
    BlueprintSecret    = ConvertTo-SecureString 'Blueprint-Secret~1' -AsPlainText -Force
    TenantId           = $env:AZURE_TENANT_ID
}
$calls = [ordered]@{
    cached  = { Get-AzToken }
    post    = { Invoke-RestMethod @post }
    forced  = { Get-AzToken -Force }
    partner = { New-PartnerAccessToken @partner }
    agent   = { Get-EntraBetaAgentIdentityToken @agent }
}
# A cached call takes so little that it needs more of them for its slowest hundredth to mean something.
$times = @{ cached = 40; post = 5; forced = 5; partner = 5; agent = 5 }
# .NET compiles what is called often anew, step by step: both sides grow faster for some two thousand calls, ours more.
$warmUps = [ordered]@{ younger = 60; older = 400 }
$rounds = 25
$measured = @{}
foreach ($age in $warmUps.Keys) {
    $measured[$age] = @{}
    foreach ($name in $calls.Keys) { $measured[$age][$name] = [System.Collections.Generic.List[double]]::new() }
}
for ($round = 0; $round -lt $warmUps['older'] + $rounds; $round++) {
    $age = @($warmUps.Keys).Where({ $round -ge $warmUps[$_] -and $round -lt $warmUps[$_] + $rounds })[0]
    # -Force makes the host ask the engine again the next time.
    $null = Get-AzToken
    foreach ($name in $calls.Keys) {
        $call = $calls[$name]
        for ($index = 0; $index -lt $times[$name]; $index++) {
            $start = [System.Diagnostics.Stopwatch]::GetTimestamp()
            $null = & $call
            $end = [System.Diagnostics.Stopwatch]::GetTimestamp()
            if ($age) { $measured[$age][$name].Add(($end - $start) * 1000.0 / [System.Diagnostics.Stopwatch]::Frequency) }
        }
    }
}
ConvertTo-Json $measured -Compress -Depth 4
