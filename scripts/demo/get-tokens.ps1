# Gets a token by each flow that standard input tells as JSON, and writes a line of JSON for each.
# A token leaves this process only shortened. Warnings, such as device codes, are lines of standard output too.
param($Module)
$ErrorActionPreference = 'Stop'
Import-Module $Module
$flows = ConvertFrom-Json ([Console]::In.ReadToEnd())
$variables = @($flows | ForEach-Object { $_.environment.PSObject.Properties.Name } | Select-Object -Unique)

# What a token says of itself.
function Get-Payload {
    param($Token)

    $text = $Token.Split('.')[1].Replace('-', '+').Replace('_', '/')
    $bytes = [Convert]::FromBase64String($text.PadRight([Math]::Ceiling($text.Length / 4) * 4, '='))
    ConvertFrom-Json ([System.Text.Encoding]::UTF8.GetString($bytes))
}

$kept = $null
$text = $null
foreach ($flow in $flows) {
    foreach ($name in $variables) { [Environment]::SetEnvironmentVariable($name, $flow.environment.$name) }
    $parameters = @{}
    foreach ($parameter in $flow.parameters.PSObject.Properties) { $parameters[$parameter.Name] = $parameter.Value }
    if ($parameters['credential']) {
        $secret = [System.Net.NetworkCredential]::new('', $parameters['credential'].password).SecurePassword
        $parameters['credential'] = [pscredential]::new($parameters['credential'].userName, $secret)
    }
    if ($parameters['blueprintSecret']) { $parameters['blueprintSecret'] = [System.Net.NetworkCredential]::new('', $parameters['blueprintSecret']).SecurePassword }
    if ($flow.command -eq 'Get-EntraBetaAgentIdentityToken') { $parameters['mode'] = $flow.parameterSet }
    if ($parameters['userToken']) { $parameters['userToken'] = $text }
    if ($parameters['refreshToken']) { $parameters['refreshToken'] = $kept }
    if ($flow.command -eq 'Get-AzToken' -and $flow.parameterSet -ne 'NonInteractive') { $parameters[$flow.parameterSet] = $true }
    $outcome = try {
        $token = & $flow.command @parameters
        # In a text, Get-AzToken's object is its token; an agent identity's is one.
        $text = if ($flow.command -like 'New-*') { $token.AccessToken } else { "$token" }
        if ($token.PSObject.Properties['RefreshToken'] -and $token.RefreshToken) { $kept = $token.RefreshToken }
        # An application is known by its name, a person by their user name.
        $payload = Get-Payload $text
        @{
            identity  = if ($payload.idtyp -eq 'app') { $payload.app_displayname }
            elseif ($flow.command -eq 'Get-AzToken') { $token.Identity }
            elseif ($flow.command -like 'New-*') { $token.Account.Username }
            else { $payload.upn }
            expiresOn = if ($token -is [string]) { 1000 * $payload.exp } else { $token.ExpiresOn.ToUnixTimeMilliseconds() }
            token     = '{0}...{1} ({2} characters)' -f $text.Substring(0, 8), $text.Substring($text.Length - 4), $text.Length
        }
    }
    catch { @{ error = $_.Exception.Message } }
    [Console]::Out.WriteLine((ConvertTo-Json $outcome -Compress))
}
