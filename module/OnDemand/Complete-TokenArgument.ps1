# The argument completer of all commands. Gets what PowerShell gives to any: command (as the session calls it: perhaps with a
# prefix), parameter, what has been typed of the argument, the command's syntax tree, and what else is given.
function Complete-TokenArgument {
    param($Command, $Parameter, $Word)

    switch -Wildcard ($Parameter) {
        'Resource' { Complete-TokenResource $Word }
        'Scope*' { if ($Command -like '*AzToken') { Complete-TokenScope $Word $args[1]['Resource'] } else { Complete-PartnerScope $Word } }
        '*Thumbprint' { Complete-CertificateThumbprint $Word }
        'BlueprintManagedIdentity' { 'SystemAssigned' }
    }
}

# The resources that most tokens are for.
function Complete-TokenResource {
    param($Word)

    $quote, $Word = Split-CompletionWord $Word
    foreach ($resource in $WellKnownResources.GetEnumerator()) {
        if ($resource.Key -notlike "*$Word*" -and $resource.Value.Name -notlike "*$Word*") { continue }
        [System.Management.Automation.CompletionResult]::new($quote + $resource.Key + $quote, $resource.Key, 'ParameterValue', $resource.Value.Name)
    }
}

# A resource's best known scopes.
function Complete-TokenScope {
    param($Word, $Resource)

    $quote, $Word = Split-CompletionWord $Word
    if (-not $Resource) { $Resource = 'https://graph.microsoft.com' }
    $known = $WellKnownResources[$Resource.TrimEnd('/')]
    foreach ($scope in @('.default') + $(if ($known) { $known['Scopes'] })) {
        if ($scope -and $scope -like "$Word*") { $quote + $scope + $quote }
    }
}

# Scopes with their resource, as partners' commands want them.
function Complete-PartnerScope {
    param($Word)

    $quote, $Word = Split-CompletionWord $Word
    foreach ($resource in $WellKnownResources.GetEnumerator()) {
        foreach ($scope in @('.default') + $resource.Value['Scopes']) {
            # OpenID's own have no resource.
            $text = if ($scope -cmatch '^[a-z_]+$' -and $scope -ne 'user_impersonation') { $scope } else { $resource.Key + '/' + $scope }
            if (-not $scope -or ($text -notlike "*$Word*" -and $resource.Value.Name -notlike "*$Word*")) { continue }
            [System.Management.Automation.CompletionResult]::new($quote + $text + $quote, $text, 'ParameterValue', $resource.Value.Name)
        }
    }
}

# The certificates of the person's store that can prove an application.
function Complete-CertificateThumbprint {
    param($Word)

    $quote, $Word = Split-CompletionWord $Word
    $store = [System.Security.Cryptography.X509Certificates.X509Store]::new('My', 'CurrentUser')
    try {
        $store.Open('ReadOnly')
        foreach ($certificate in $store.Certificates) {
            $thumbprint = $certificate.Thumbprint
            if (-not $certificate.HasPrivateKey -or ($thumbprint -notlike "$Word*" -and $certificate.Subject -notlike "*$Word*")) { continue }
            $about = "$($certificate.Subject), until $($certificate.NotAfter.ToString('d'))"
            [System.Management.Automation.CompletionResult]::new($quote + $thumbprint + $quote, $thumbprint, 'ParameterValue', $about)
        }
    }
    finally { $store.Close() }
}

# The quotation mark that a word begins with, and the word without it: the completed text takes the place of both. An open
# bracket in it would be the beginning of a pattern that never ends.
function Split-CompletionWord {
    param($Word)

    if ($Word -match '^[''"]') { $Matches[0] } else { '' }
    $Word -replace '^[''"]|[''"]$' -replace '\[', '`['
}

$script:WellKnownResources = [ordered]@{
    'https://graph.microsoft.com'          = @{
        Name   = 'Microsoft Graph'
        Scopes = 'User.Read', 'User.Read.All', 'User.ReadWrite.All', 'Directory.Read.All', 'Directory.ReadWrite.All',
        'Group.Read.All', 'Group.ReadWrite.All', 'GroupMember.Read.All', 'Application.Read.All', 'Application.ReadWrite.All',
        'AuditLog.Read.All', 'Policy.Read.All', 'Device.Read.All', 'Sites.Read.All', 'Files.Read.All', 'Mail.Read', 'Mail.Send',
        'Calendars.Read', 'openid', 'profile', 'offline_access'
    }
    'https://api.partnercenter.microsoft.com' = @{ Name = 'Partner Center'; Scopes = 'user_impersonation' }
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
