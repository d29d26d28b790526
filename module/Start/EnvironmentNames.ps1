# What of this session's environment the engine may know: the protocol's list in its order (src/protocol/environment.ts; a
# test compares them). The values travel with a request when one of them has changed. Nothing else of the environment ever
# leaves the session.
$script:EnvironmentNames = @(
    'AZURE_TENANT_ID', 'AZURE_CLIENT_ID', 'AZURE_CLIENT_SECRET', 'AZURE_CLIENT_CERTIFICATE_PATH',
    'AZURE_CLIENT_CERTIFICATE_PASSWORD', 'AZURE_CLIENT_SEND_CERTIFICATE_CHAIN', 'AZURE_USERNAME', 'AZURE_PASSWORD',
    'AZURE_AUTHORITY_HOST', 'AZURE_ADDITIONALLY_ALLOWED_TENANTS', 'AZURE_FEDERATED_TOKEN_FILE',
    'AZURE_REGIONAL_AUTHORITY_NAME', 'AZURE_POD_IDENTITY_AUTHORITY_HOST', 'IDENTITY_ENDPOINT', 'IDENTITY_HEADER',
    'IDENTITY_SERVER_THUMBPRINT', 'IMDS_ENDPOINT', 'MSI_ENDPOINT', 'MSI_SECRET', 'DEFAULT_IDENTITY_CLIENT_ID',
    'SYSTEM_OIDCREQUESTURI', 'SYSTEM_ACCESSTOKEN', 'ACTIONS_ID_TOKEN_REQUEST_URL', 'ACTIONS_ID_TOKEN_REQUEST_TOKEN',
    'HTTPS_PROXY', 'HTTP_PROXY', 'NO_PROXY', 'https_proxy', 'http_proxy', 'no_proxy', 'NODE_EXTRA_CA_CERTS',
    'SSL_CERT_FILE', 'SSL_CERT_DIR', 'REQUESTS_CA_BUNDLE', 'CURL_CA_BUNDLE', 'PATH', 'PATHEXT', 'HOME', 'USERPROFILE',
    'APPDATA', 'LOCALAPPDATA', 'PROGRAMDATA', 'ProgramFiles', 'SystemRoot', 'SystemDrive', 'ComSpec', 'TEMP', 'TMP',
    'TMPDIR', 'PSModulePath', 'AZURE_CONFIG_DIR', 'AZURE_CLOUD_NAME', 'AZURE_CORE_ENCRYPT_TOKEN_CACHE',
    'AZURE_CORE_INSTANCE_DISCOVERY', 'AZD_CONFIG_DIR', 'DOTNET_ROOT', 'DOTNET_SYSTEM_GLOBALIZATION_INVARIANT',
    'BROWSER', 'DISPLAY', 'WAYLAND_DISPLAY', 'XAUTHORITY', 'XDG_RUNTIME_DIR', 'XDG_CONFIG_HOME', 'XDG_CURRENT_DESKTOP',
    'DBUS_SESSION_BUS_ADDRESS', 'SSH_CONNECTION', 'WSL_DISTRO_NAME', 'WSL_INTEROP', 'POWERSHELL_TELEMETRY_OPTOUT',
    'POWERSHELL_UPDATECHECK'
)

# What the engine's process is born with: what Node itself needs to run, none of which is ever a credential.
# No more than 15: PowerShell compiles a loop that comes round more often, which no first command should pay for.
$script:EngineEnvironmentNames = @(
    'PATH', 'PATHEXT', 'HOME', 'USERPROFILE', 'APPDATA', 'LOCALAPPDATA', 'PROGRAMDATA', 'SystemRoot', 'SystemDrive',
    'ComSpec', 'TEMP', 'TMP', 'TMPDIR', 'TZ', 'NODE_EXTRA_CA_CERTS'
)

# Reads this process's environment, as $ReadEnvironment.Invoke(). Get-AzToken could do it itself; but to find the type takes a
# third of what our part of an import takes, and not every session that imports the module asks for a token.
$script:ReadEnvironment = [System.Environment]::GetEnvironmentVariables

# Names of variables have no case on Windows.
$script:OnWindows = $env:OS -cmatch '^Windows_NT$'
