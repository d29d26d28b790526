# What a script does that needs one token: the module, then the token.
param($Module)
$ErrorActionPreference = 'Stop'
Import-Module $Module
$token = Get-AzToken
if (-not $token.Token) { throw 'There is no token.' }
