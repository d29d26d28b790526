# Why no browser can be shown to the person in this session; nothing where one may be. The engine looks at the rest:
# the display, the remote desktop, the programs that are there.
function Get-NoBrowserReason {
    $name = $Host.Name
    if ($name -eq 'ServerRemoteHost') { return 'This is a remote session or a job, and a browser might open on another computer.' }
    if (-not [System.Environment]::UserInteractive) { return 'This session belongs to a service and has no desktop.' }
}
