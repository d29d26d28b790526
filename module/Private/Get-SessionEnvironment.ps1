# The session's environment as one text, to be compared with another: the values of $EnvironmentNames in their order.
# A value can't hold NUL. A variable that is set but empty counts as not set.
function Get-SessionEnvironment {
    $values = foreach ($name in $EnvironmentNames) { [string][Environment]::GetEnvironmentVariable($name) }
    [string]::Join([string][char]0, $values)
}

# The same text as the protocol's environment, JSON: a name and a value for each variable that is set.
function ConvertTo-RpcEnvironment {
    param($Environment)

    $values = $Environment.Split([char]0)
    $index = 0
    $members = foreach ($name in $EnvironmentNames) {
        $value = $values[$index++]
        if ($value) { '"' + $name + '":' + (ConvertTo-RpcJson $value) }
    }
    '{' + ($members -join ',') + '}'
}
