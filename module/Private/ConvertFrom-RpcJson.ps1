# What the engine says, as hashtables, lists, texts, true, false and null. Every text stays the text it is, and a number
# is the text of its digits: ConvertFrom-Json makes dates of some texts, other ones in Windows PowerShell than in
# PowerShell, and is slow at its first use in a process.
# Takes JSON as JSON.stringify writes it. Returns nothing when that is no whole object.
function ConvertFrom-RpcJson {
    param($Text)

    $open = [System.Collections.Stack]::new()
    $into = @{}
    $name = 'message'
    foreach ($match in $JsonToken.Matches($Text)) {
        $token = $match.Value
        if ($token -like '"*') {
            # A name has its colon in the token.
            $isName = $token -like '*:'
            $token = if ($isName) { $token.Substring(1, $token.Length - 3) } else { $token.Substring(1, $token.Length - 2) }
            if ($token -like '*\*') { $token = [regex]::Unescape($token) }
            if ($isName) { $name = $token; continue }
        }
        elseif ($token -eq '{') { $open.Push($into); $open.Push($name); $into = @{}; $name = $null; continue }
        elseif ($token -eq '[') { $open.Push($into); $open.Push($name); $into = [System.Collections.ArrayList]::new(); $name = $null; continue }
        elseif ($token -eq '}' -or $token -eq ']') { $token = $into; $name = $open.Pop(); $into = $open.Pop() }
        elseif ($token -eq 'null') { $token = $null }
        elseif ($token -eq 'true') { $token = $true }
        elseif ($token -eq 'false') { $token = $false }
        if ($null -eq $name) { $null = $into.Add($token) } else { $into[$name] = $token; $name = $null }
    }
    if (-not $open.Count) { $into['message'] }
}

# A text (with the colon that makes it a name), a bracket, or a bare word.
$script:JsonToken = [regex]::new('"[^"\\]*(?:\\.[^"\\]*)*":?|[{}\[\]]|[^\s{}\[\]:,"]+')
