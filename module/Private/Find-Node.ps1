# The path of the Node that runs the engine, $null when there is none.
# PATH is searched here: Get-Command would look into every module's command list first.
function Find-Node {
    # Whoever says which one to use means it: no other is taken in its place.
    $named = $env:ENTRATOKENBRIDGE_NODE
    if ($named) {
        if ([System.IO.File]::Exists($named)) { return $named }
        return $null
    }
    $file = if ($env:OS -eq 'Windows_NT') { 'node.exe' } else { 'node' }
    foreach ($shipped in "$ModuleRoot/runtime/$file", "$ModuleRoot/runtime/bin/$file") {
        if ([System.IO.File]::Exists($shipped)) { return $shipped }
    }
    foreach ($folder in $env:PATH.Split([System.IO.Path]::PathSeparator)) {
        $path = "$folder/$file"
        if ($folder -like '"*"') { $path = $folder.Trim('"') + "/$file" }
        # A relative entry would mean whatever folder the session is in, and whoever can write there. File.Exists takes
        # anything, and says no to what can't be a path; IsPathRooted throws then in .NET Framework.
        if ([System.IO.File]::Exists($path) -and [System.IO.Path]::IsPathRooted($path)) { return $path }
    }
}
