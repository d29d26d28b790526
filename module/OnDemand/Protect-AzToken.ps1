# The same token as a SecureString, in an object of its own.
function Protect-AzToken {
    param($Token)

    $copy = $Token.PSObject.Copy()
    $copy.Scopes = $copy.Scopes.Clone()
    $copy.Token = [System.Net.NetworkCredential]::new('', $copy.Token).SecurePassword
    $copy
}
