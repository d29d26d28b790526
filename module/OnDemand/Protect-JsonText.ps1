# Control characters and what is no ASCII as JSON wants them (RFC 8259 section 7), but for NUL.
function Protect-JsonText {
    param($Text)

    $characters = foreach ($character in $Text.ToCharArray()) {
        $code = [int]$character
        if ($code -and ($code -lt 32 -or $code -gt 126)) { '\u' + $code.ToString('x4') } else { $character }
    }
    -join $characters
}
