# JSON for what the protocol sends: texts, whole numbers, true and false, lists and dictionaries of them.
# ConvertTo-Json would do, but its first use in a process costs more than the start of the engine.
function ConvertTo-RpcJson {
    param($Value)

    if ($null -eq $Value) { return 'null' }
    if ($Value -is [string]) {
        $text = $Value.Replace('\', '\\').Replace('"', '\"')
        if ($text.IndexOfAny($JsonControlCharacters) -ge 0) {
            foreach ($character in $JsonControlCharacters) {
                $text = $text.Replace([string]$character, '\u' + ([int]$character).ToString('x4'))
            }
        }
        return '"' + $text + '"'
    }
    if ($Value -is [bool]) { if ($Value) { return 'true' } else { return 'false' } }
    if ($Value -is [System.Collections.IDictionary]) {
        $members = foreach ($name in $Value.Keys) { (ConvertTo-RpcJson $name) + ':' + (ConvertTo-RpcJson $Value[$name]) }
        return '{' + [string]::Join(',', [string[]]@($members)) + '}'
    }
    if ($Value -is [System.Collections.IEnumerable]) {
        $items = foreach ($item in $Value) { ConvertTo-RpcJson $item }
        return '[' + [string]::Join(',', [string[]]@($items)) + ']'
    }
    ([long]$Value).ToString([cultureinfo]::InvariantCulture)
}

$script:JsonControlCharacters = [char[]](0..31)
