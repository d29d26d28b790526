# What the engine says, as hashtables, lists, texts, true, false and null. Every text stays the text it is, and a number
# is the text of its digits: ConvertFrom-Json makes dates of some texts, other ones in Windows PowerShell than in
# PowerShell, and is slow at its first use in a process.
# Takes JSON as JSON.stringify writes it. Returns nothing when that is no whole object.
function ConvertFrom-RpcJson {
    param($Text)

    $escaped = $Text -cmatch '\\'
    $open = [System.Collections.Stack]::new()
    $into = @{}
    $name = 'message'
    # Each token on a line of its own (no text has a line feed): a table or a list of texts, most of what an answer has; a
    # text, with the colon that makes it a name; a bracket; a bare word.
    $lines = $Text -creplace $JsonToken, "`$1`n"
    foreach ($token in $lines -csplit "`n") {
        if (-not $token) { break }
        if ($token -cmatch '^"') {
            $isName = $token -cmatch ':$'
            $token = $token -creplace '^"|":?$'
            if ($escaped) { $token = [regex]::Unescape($token) }
            if ($isName) { $name = $token; continue }
        }
        elseif ($token -ceq '{') { $open.Push($into); $open.Push($name); $into = @{}; $name = $null; continue }
        elseif ($token -ceq '[') { $open.Push($into); $open.Push($name); $into = @(); $name = $null; continue }
        elseif ($token -ceq '}' -or $token -ceq ']') { $token = $into; $name = $open.Pop(); $into = $open.Pop() }
        elseif ($token -cmatch '^\[\[') {
            $token = @(foreach ($row in $token -creplace '^\[\["|"\]\]$' -csplit $ClaimEnd) { , ($row -csplit '","') })
        }
        elseif ($token -cmatch '^\[') { $token = $token -creplace '^\["|"\]$' -csplit '","' }
        elseif ($token -ceq 'null') { $token = $null }
        elseif ($token -ceq 'true') { $token = $true }
        elseif ($token -ceq 'false') { $token = $false }
        if ($null -eq $name) { $into += , $token } else { $into[$name] = $token; $name = $null }
    }
    if (-not $open.Count) { $into['message'] }
}

$script:JsonToken = ',?(\[(?:\["[^"\\]*"(?:,"[^"\\]*")*\],?)+\]|\["[^"\\]*"(?:,"[^"\\]*")*\]|"[^"\\]*(?:\\.[^"\\]*)*":?|[{}\[\]]|[^\s{}\[\]:,"]+)'
