# The session's environment as one text, to be compared with another: names and values by turns, as far as they are set,
# with NUL between, which neither can hold. Get-AzToken has the same without the call.
function Get-SessionEnvironment {
    @(
        foreach ($name in $TokenVariables) { $value = [System.Environment]::GetEnvironmentVariable($name); if ($value) { $name; $value } }
        foreach ($name in $SystemVariables) { $value = [System.Environment]::GetEnvironmentVariable($name); if ($value) { $name; $value } }
    ) -join "`0"
}

# The same text as the protocol's environment: JSON, a member for each variable.
function ConvertTo-RpcEnvironment {
    param($Environment)

    $text = $Environment -creplace '["\\]', '\$0'
    if ($text -cmatch '[^\0\x20-\x7e]') { $text = Protect-JsonText $text }
    '{' + ($text -creplace '([^\0]+)\0([^\0]+)', '"$1":"$2"' -creplace '\0', ',') + '}'
}
