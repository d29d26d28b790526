/**
 * The environment variables that a host hands on with its requests.
 *
 * The engine starts with an environment without credentials and decides nothing by its own `process.env`:
 * what a session sets or clears after the engine has started must hold for the session's next request.
 * The list is fixed, so that nothing else of the session's environment ever leaves it.
 */
export const environmentNames = [
  // Which application, tenant and cloud, and its credential (the Azure SDKs' names)
  'AZURE_TENANT_ID',
  'AZURE_CLIENT_ID',
  'AZURE_CLIENT_SECRET',
  'AZURE_CLIENT_CERTIFICATE_PATH',
  'AZURE_CLIENT_CERTIFICATE_PASSWORD',
  'AZURE_CLIENT_SEND_CERTIFICATE_CHAIN',
  'AZURE_USERNAME',
  'AZURE_PASSWORD',
  'AZURE_AUTHORITY_HOST',
  'AZURE_ADDITIONALLY_ALLOWED_TENANTS',
  'AZURE_FEDERATED_TOKEN_FILE',
  'AZURE_REGIONAL_AUTHORITY_NAME',
  // Managed identity: App Service, Functions, Automation, Arc, Cloud Shell, Machine Learning, IMDS
  'AZURE_POD_IDENTITY_AUTHORITY_HOST',
  'IDENTITY_ENDPOINT',
  'IDENTITY_HEADER',
  'IDENTITY_SERVER_THUMBPRINT',
  'IMDS_ENDPOINT',
  'MSI_ENDPOINT',
  'MSI_SECRET',
  'DEFAULT_IDENTITY_CLIENT_ID',
  // Workload federation: Azure Pipelines, GitHub Actions
  'SYSTEM_OIDCREQUESTURI',
  'SYSTEM_ACCESSTOKEN',
  'ACTIONS_ID_TOKEN_REQUEST_URL',
  'ACTIONS_ID_TOKEN_REQUEST_TOKEN',
  // Corporate networks
  'HTTPS_PROXY',
  'HTTP_PROXY',
  'NO_PROXY',
  'https_proxy',
  'http_proxy',
  'no_proxy',
  'NODE_EXTRA_CA_CERTS',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'REQUESTS_CA_BUNDLE',
  'CURL_CA_BUNDLE',
  // Developer tools (az, azd, Azure PowerShell, Visual Studio) and browsers are found and run with these
  'PATH',
  'PATHEXT',
  'HOME',
  'USERPROFILE',
  'APPDATA',
  'LOCALAPPDATA',
  'PROGRAMDATA',
  'ProgramFiles',
  'SystemRoot',
  'SystemDrive',
  'ComSpec',
  'TEMP',
  'TMP',
  'TMPDIR',
  'PSModulePath',
  'AZURE_CONFIG_DIR',
  'AZURE_CLOUD_NAME',
  'AZURE_CORE_ENCRYPT_TOKEN_CACHE',
  'AZURE_CORE_INSTANCE_DISCOVERY',
  'AZD_CONFIG_DIR',
  'DOTNET_ROOT',
  'DOTNET_SYSTEM_GLOBALIZATION_INVARIANT',
  'BROWSER',
  'DISPLAY',
  'WAYLAND_DISPLAY',
  'XAUTHORITY',
  'XDG_RUNTIME_DIR',
  'XDG_CONFIG_HOME',
  'XDG_CURRENT_DESKTOP',
  'DBUS_SESSION_BUS_ADDRESS',
  'SSH_CONNECTION',
  'WSL_DISTRO_NAME',
  'WSL_INTEROP',
  'POWERSHELL_TELEMETRY_OPTOUT',
  'POWERSHELL_UPDATECHECK',
] as const;

/** One of {@link environmentNames}. */
export type EnvironmentName = (typeof environmentNames)[number];

/** What decides whose managed identity it is. */
export const managedIdentityNames = [
  'AZURE_POD_IDENTITY_AUTHORITY_HOST',
  'IDENTITY_ENDPOINT',
  'IDENTITY_HEADER',
  'IDENTITY_SERVER_THUMBPRINT',
  'IMDS_ENDPOINT',
  'MSI_ENDPOINT',
  'MSI_SECRET',
  'DEFAULT_IDENTITY_CLIENT_ID',
] as const satisfies readonly EnvironmentName[];

/**
 * All the listed variables that are set in the session, by name; one that is absent or empty is not set.
 * It is the whole picture and replaces the one that came before, it does not add to it.
 */
export type Environment = Readonly<Record<string, string>>;

/** The same, as it may also travel: the values of {@link environmentNames} in their order, empty for what is not set. */
export type EnvironmentValues = readonly string[];
