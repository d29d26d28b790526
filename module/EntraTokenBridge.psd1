@{
    RootModule           = 'EntraTokenBridge.psm1'
    ModuleVersion        = '0.1.0'
    GUID                 = 'b6f0a6b5-6b0e-4d0b-9a53-3f7f3a1d2c84'
    Author               = 'The EntraTokenBridge contributors'
    CompanyName          = 'EntraTokenBridge'
    Copyright            = '(c) The EntraTokenBridge contributors. MIT license.'
    Description          = 'Microsoft Entra tokens for PowerShell, with the cmdlets people know. The work is done by an engine in a process of its own: no assembly is loaded into the session, and Windows PowerShell 5.1 works like PowerShell 7.'

    PowerShellVersion    = '5.1'
    CompatiblePSEditions = @('Desktop', 'Core')

    FormatsToProcess     = @('EntraTokenBridge.Format.ps1xml')
    FunctionsToExport    = @('Clear-EntraBetaAgentIdentityContext', 'Get-AzToken', 'Get-EntraBetaAgentIdentityContext',
        'Get-EntraBetaAgentIdentityToken', 'New-PartnerAccessToken', 'New-SecMgmtAccessToken', 'Set-EntraBetaAgentIdentityContext')
    CmdletsToExport      = @()
    VariablesToExport    = @()
    AliasesToExport      = @()

    PrivateData          = @{
        PSData = @{
            Tags = @('Entra', 'EntraID', 'AzureAD', 'Azure', 'MicrosoftGraph', 'OAuth', 'OIDC', 'MSAL', 'Token', 'Authentication',
                'ManagedIdentity', 'PSEdition_Desktop', 'PSEdition_Core', 'Windows', 'Linux', 'MacOS')
        }
    }
}
