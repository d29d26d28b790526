# Gets a token by each flow that standard input tells as JSON, and writes a line of JSON for each.
# A token leaves this process only shortened.
param($Module)
$ErrorActionPreference = 'Stop'
Import-Module $Module
$flows = ConvertFrom-Json ([Console]::In.ReadToEnd())
$variables = @($flows | ForEach-Object { $_.environment.PSObject.Properties.Name } | Select-Object -Unique)

foreach ($flow in $flows) {
    foreach ($name in $variables) { [Environment]::SetEnvironmentVariable($name, $flow.environment.$name) }
    $parameters = @{}
    foreach ($parameter in $flow.parameters.PSObject.Properties) { $parameters[$parameter.Name] = $parameter.Value }
    if ($flow.parameterSet -ne 'NonInteractive') { $parameters[$flow.parameterSet] = $true }
    $outcome = try {
        $token = Get-AzToken @parameters
        $text = "$token"
        # An application is known by its name, a person by their user name.
        $isApplication = $token.Claims['idtyp'] -eq 'app'
        @{
            identity  = if ($isApplication) { $token.Claims['app_displayname'][0] } else { $token.Identity }
            expiresOn = $token.ExpiresOn.ToUnixTimeMilliseconds()
            token     = '{0}...{1} ({2} characters)' -f $text.Substring(0, 8), $text.Substring($text.Length - 4), $text.Length
        }
    }
    catch { @{ error = $_.Exception.Message } }
    [Console]::Out.WriteLine((ConvertTo-Json $outcome -Compress))
}
