# 200 calls over 8 runspaces in a new process, as JSON: milliseconds, and how many callers got something else than they
# asked for.
#   Way       get-aztoken or invoke-restmethod
#   Clients   client ids of managed identities to take turns with; without them all ask for the application's token
# An attribute here is the first one of the process: where eight runspaces meet theirs at the same moment, PowerShell may
# fail (https://github.com/PowerShell/PowerShell/issues/25594).
[CmdletBinding()]
param($Module, $Way, $Clients)
$ErrorActionPreference = 'Stop'

$ways = @{
    'get-aztoken'             = { Import-Module $using:Module; @{ Client = $_; Token = (Get-AzToken).Token } }
    'get-aztoken mixed'       = {
        Import-Module $using:Module
        @{ Client = $_; Token = (Get-AzToken -ManagedIdentity -ClientId $_).Token }
    }
    'invoke-restmethod'       = {
        $answer = Invoke-RestMethod -Method Post "$env:AZURE_AUTHORITY_HOST/$env:AZURE_TENANT_ID/oauth2/v2.0/token" -Body @{
            grant_type    = 'client_credentials'
            client_id     = $env:AZURE_CLIENT_ID
            client_secret = $env:AZURE_CLIENT_SECRET
            scope         = 'https://graph.microsoft.com/.default'
        }
        @{ Client = $_; Token = $answer.access_token }
    }
    'invoke-restmethod mixed' = {
        $answer = Invoke-RestMethod -Headers @{ 'X-IDENTITY-HEADER' = $env:IDENTITY_HEADER } (
            "${env:IDENTITY_ENDPOINT}?api-version=2019-08-01&resource=https://graph.microsoft.com&client_id=$_")
        @{ Client = $_; Token = $answer.access_token }
    }
}
$clientIds = @(if ($Clients) { $Clients.Split(',') } else { $env:AZURE_CLIENT_ID })
$callers = foreach ($index in 0..199) { $clientIds[$index % $clientIds.Count] }
$script = $ways[$(if ($Clients) { "$Way mixed" } else { $Way })]

$start = [System.Diagnostics.Stopwatch]::GetTimestamp()
$answers = @($callers | ForEach-Object -ThrottleLimit 8 -Parallel $script)
$milliseconds = ([System.Diagnostics.Stopwatch]::GetTimestamp() - $start) * 1000.0 / [System.Diagnostics.Stopwatch]::Frequency

$wrong = $callers.Count - $answers.Count
foreach ($answer in $answers) {
    $payload = $answer.Token.Split('.')[1].Replace('-', '+').Replace('_', '/')
    $payload = $payload.PadRight($payload.Length + (4 - $payload.Length % 4) % 4, '=')
    $claims = ConvertFrom-Json ([System.Text.Encoding]::UTF8.GetString([Convert]::FromBase64String($payload)))
    if ($claims.appid -ne $answer.Client) { $wrong++ }
}
ConvertTo-Json -Compress @{ milliseconds = $milliseconds; wrong = $wrong }
