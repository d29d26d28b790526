# A text as it stands between the quotes of JSON (RFC 8259 section 7), in ASCII.
function Protect-JsonText {
    param($Text)

    $characters = foreach ($character in $Text.ToCharArray()) {
        $code = [int]$character
        if ($character -eq '"' -or $character -eq '\') { "\$character" }
        elseif ($code -lt 32 -or $code -gt 126) { '\u' + $code.ToString('x4') }
        else { $character }
    }
    -join $characters
}
