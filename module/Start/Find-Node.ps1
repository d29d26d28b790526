# The path of the Node that runs the engine, $null when there is none.
# PATH is searched here: Get-Command would look into every module's command list first.
function Find-Node {
    # Whoever says which one to use means it: no other is taken in its place.
    $named = $env:ENTRATOKENBRIDGE_NODE
    if ($named -cmatch '.') {
        if ([System.IO.File]::Exists($named)) { return $named }
        return
    }
    $file = 'node'
    $separator = ':'
    if ($OnWindows) { $file = 'node.exe'; $separator = ';' }
    foreach ($shipped in "$ModuleRoot/runtime/$file", "$ModuleRoot/runtime/bin/$file") {
        if ([System.IO.File]::Exists($shipped)) { return $shipped }
    }
    foreach ($folder in $env:PATH -csplit $separator) {
        # A relative entry would mean whatever folder the session is in, and whoever can write there.
        if ($folder -cnotmatch '^"?([A-Za-z]:)?[\\/]') { continue }
        $path = "$($folder -creplace '"')/$file"
        if ([System.IO.File]::Exists($path)) { return $path }
    }
}
