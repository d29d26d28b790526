# Of a command's parameters those that the protocol takes as they are, by its names.
function ConvertTo-RpcParameter {
    param($Given, $Names)

    $parameters = @{}
    foreach ($name in $Names) {
        if (-not $Given.ContainsKey($name)) { continue }
        $value = $Given[$name]
        if ($value -is [System.Management.Automation.SwitchParameter]) { $value = $value.IsPresent }
        $parameters[(ConvertTo-RpcName $name)] = $value
    }
    $parameters
}

function ConvertTo-RpcName {
    param($Name)

    $Name.Substring(0, 1).ToLowerInvariant() + $Name.Substring(1)
}
