# What the engine says, as hashtables, lists and plain values. Every text stays the text it is: ConvertFrom-Json makes
# dates of some, other ones in Windows PowerShell than in PowerShell, and is slow at its first use in a process.
# Takes JSON as JSON.stringify writes it. Anything else is an error of the engine, and may end in an exception.
function ConvertFrom-RpcJson {
    param($Text)

    $open = [System.Collections.Stack]::new()
    $into = [System.Collections.ArrayList]::new()
    $name = $null
    foreach ($token in $JsonToken.Matches($Text)) {
        $value = $token.Value
        $string = $token.Groups[1]
        if ($string.Success) {
            $value = $string.Value
            if ($value.IndexOf('\') -ge 0) { $value = [regex]::Unescape($value) }
            if ($token.Groups[2].Length) { $name = $value; continue }
        }
        elseif ($value -eq '{') { $open.Push($into); $open.Push($name); $into = @{}; $name = $null; continue }
        elseif ($value -eq '[') {
            $open.Push($into); $open.Push($name); $into = [System.Collections.ArrayList]::new(); $name = $null; continue
        }
        elseif ($value -eq '}' -or $value -eq ']') { $value = $into; $name = $open.Pop(); $into = $open.Pop() }
        elseif ($value -eq 'null') { $value = $null }
        elseif ($value -eq 'true') { $value = $true }
        elseif ($value -eq 'false') { $value = $false }
        else { $value = [double]::Parse($value, [cultureinfo]::InvariantCulture) }
        if ($null -eq $name) { $null = $into.Add($value) } else { $into[$name] = $value; $name = $null }
    }
    , $into[0]
}

# A text (and whether a colon follows it, which makes it a name), a bracket, or a bare word.
$script:JsonToken = [regex]::new('"([^"\\]*(?:\\.[^"\\]*)*)"(:?)|[{}\[\]]|[^\s{}\[\]:,"]+')
