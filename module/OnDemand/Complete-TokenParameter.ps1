# Argument completers: the resources that most tokens are for, and their best known scopes.
function Complete-TokenResource {
    param($Word)

    foreach ($resource in $WellKnownResources.GetEnumerator()) {
        if ($resource.Key -notlike "*$Word*" -and $resource.Value.Name -notlike "*$Word*") { continue }
        [System.Management.Automation.CompletionResult]::new($resource.Key, $resource.Key, 'ParameterValue', $resource.Value.Name)
    }
}

function Complete-TokenScope {
    param($Word, $Resource)

    if (-not $Resource) { $Resource = 'https://graph.microsoft.com' }
    foreach ($scope in @('.default') + $WellKnownResources[$Resource.TrimEnd('/')].Scopes) {
        if ($scope -like "$Word*") { $scope }
    }
}

$script:WellKnownResources = [ordered]@{
    'https://graph.microsoft.com'          = @{
        Name   = 'Microsoft Graph'
        Scopes = 'User.Read', 'User.Read.All', 'User.ReadWrite.All', 'Directory.Read.All', 'Directory.ReadWrite.All',
        'Group.Read.All', 'Group.ReadWrite.All', 'GroupMember.Read.All', 'Application.Read.All', 'Application.ReadWrite.All',
        'AuditLog.Read.All', 'Policy.Read.All', 'Device.Read.All', 'Sites.Read.All', 'Files.Read.All', 'Mail.Read', 'Mail.Send',
        'Calendars.Read', 'openid', 'profile', 'offline_access'
    }
    'https://management.azure.com'         = @{ Name = 'Azure Resource Manager'; Scopes = 'user_impersonation' }
    'https://vault.azure.net'              = @{ Name = 'Azure Key Vault'; Scopes = 'user_impersonation' }
    'https://storage.azure.com'            = @{ Name = 'Azure Storage'; Scopes = 'user_impersonation' }
    'https://database.windows.net'         = @{ Name = 'Azure SQL Database'; Scopes = 'user_impersonation' }
    'https://ossrdbms-aad.database.windows.net' = @{ Name = 'Azure Database for PostgreSQL and MySQL' }
    'https://api.loganalytics.io'          = @{ Name = 'Azure Monitor Logs'; Scopes = 'Data.Read' }
    'https://servicebus.azure.net'         = @{ Name = 'Azure Service Bus' }
    'https://eventhubs.azure.net'          = @{ Name = 'Azure Event Hubs' }
    'https://cognitiveservices.azure.com'  = @{ Name = 'Azure AI services'; Scopes = 'user_impersonation' }
    'https://outlook.office365.com'        = @{ Name = 'Exchange Online' }
    'https://analysis.windows.net/powerbi/api' = @{ Name = 'Power BI'; Scopes = 'Dataset.Read.All', 'Report.Read.All', 'Workspace.Read.All' }
    '499b84ac-1321-427f-aa17-267ca6975798' = @{ Name = 'Azure DevOps'; Scopes = 'user_impersonation' }
}
