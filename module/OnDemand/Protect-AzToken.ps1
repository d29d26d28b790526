# The same token as a SecureString, in an object of its own.
function Protect-AzToken {
    param($Token)

    $copy = Copy-AzToken $Token
    $copy.Token = [System.Net.NetworkCredential]::new('', $copy.Token).SecurePassword
    $copy
}
