# JSON in ASCII for what the protocol sends: texts, whole numbers, true and false, lists and dictionaries of them.
# ConvertTo-Json would do, but its first use in a process costs more than the start of the engine.
function ConvertTo-RpcJson {
    param($Value)

    if ($Value -is [string]) {
        $text = $Value -creplace '["\\]', '\$0'
        if ($text -cmatch '[^\x20-\x7e]') { $text = (Protect-JsonText $text).Replace("`0", '\u0000') }
        '"' + $text + '"'
    }
    elseif ($Value -is [System.Collections.IDictionary]) {
        $members = foreach ($name in $Value.Keys) { '"' + $name + '":' + (ConvertTo-RpcJson $Value[$name]) }
        '{' + ($members -join ',') + '}'
    }
    elseif ($Value -is [System.Collections.IEnumerable]) {
        $items = foreach ($item in $Value) { ConvertTo-RpcJson $item }
        '[' + ($items -join ',') + ']'
    }
    elseif ($Value -is [bool]) { if ($Value) { 'true' } else { 'false' } }
    elseif ($null -eq $Value) { 'null' }
    else { "$Value" }
}
