# What a script does that needs one token and uses no module.
$ErrorActionPreference = 'Stop'
$answer = Invoke-RestMethod -Method Post "$env:AZURE_AUTHORITY_HOST/$env:AZURE_TENANT_ID/oauth2/v2.0/token" -Body @{
    grant_type    = 'client_credentials'
    client_id     = $env:AZURE_CLIENT_ID
    client_secret = $env:AZURE_CLIENT_SECRET
    scope         = 'https://graph.microsoft.com/.default'
}
if (-not $answer.access_token) { throw 'There is no token.' }
