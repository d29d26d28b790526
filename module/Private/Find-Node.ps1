# The path of the Node that runs the engine, $null when there is none.
# PATH is searched here: Get-Command would look into every module's command list first.
function Find-Node {
    $file = if ([System.IO.Path]::DirectorySeparatorChar -eq '\') { 'node.exe' } else { 'node' }
    # Whoever says which one to use means it: no other is taken in its place.
    if ($env:ENTRATOKENBRIDGE_NODE) {
        if ([System.IO.File]::Exists($env:ENTRATOKENBRIDGE_NODE)) { return $env:ENTRATOKENBRIDGE_NODE }
        return $null
    }
    foreach ($shipped in 'runtime', 'runtime/bin') {
        $path = [System.IO.Path]::Combine($ModuleRoot, $shipped, $file)
        if ([System.IO.File]::Exists($path)) { return $path }
    }
    foreach ($folder in ([string]$env:PATH).Split([System.IO.Path]::PathSeparator)) {
        # A relative entry would mean whatever folder the session is in, and whoever can write there.
        $folder = $folder.Trim('"', ' ')
        if ($folder.IndexOfAny([System.IO.Path]::GetInvalidPathChars()) -ge 0) { continue }
        if (-not [System.IO.Path]::IsPathRooted($folder)) { continue }
        $path = [System.IO.Path]::Combine($folder, $file)
        if ([System.IO.File]::Exists($path)) { return $path }
    }
}

# Whether the engine runs on this version of Node: 22.21 is the first that can use the session's proxy, 24.5 in its line.
function Test-NodeVersion {
    param($Version)

    $parts = $Version.TrimStart('v').Split('.')
    $major = [int]$parts[0]
    $minor = [int]$parts[1]
    $major -gt 24 -or ($major -eq 24 -and $minor -ge 5) -or ($major -eq 22 -and $minor -ge 21)
}
