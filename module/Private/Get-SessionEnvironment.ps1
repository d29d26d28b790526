# The session's environment as one text, to be compared with another: the values of $EnvironmentNames in their order, with
# NUL between, which none can hold. A variable that is set but empty counts as not set. Get-AzToken has the same without
# the call. No loop over the names: PowerShell would compile it, which no first command should pay for.
function Get-SessionEnvironment {
    $variables = $ReadEnvironment.Invoke()
    if ($OnWindows) { $variables = ConvertTo-CaseInsensitive $variables }
    $variables[$EnvironmentNames] -join "`0"
}

# The same text as the protocol's environment: JSON, a list of the values.
function ConvertTo-RpcEnvironment {
    param($Environment)

    $text = $Environment -creplace '["\\]', '\$0'
    if ($text -cmatch '[^\0\x20-\x7e]') { $text = Protect-JsonText $text }
    "[`"$($text -creplace '\0', '","')`"]"
}

# Names in another case are the same variable; of two such, which only other systems' tools can make, the last one counts.
function ConvertTo-CaseInsensitive {
    param($Variables)

    try { [hashtable]::new($Variables, [System.StringComparer]::OrdinalIgnoreCase) }
    catch {
        $set = @{}
        foreach ($name in $Variables.Keys) { $set[$name] = $Variables[$name] }
        $set
    }
}
