# Milliseconds that Import-Module takes in a new process.
param($Module)
$ErrorActionPreference = 'Stop'
$start = [System.Diagnostics.Stopwatch]::GetTimestamp()
Import-Module $Module
([System.Diagnostics.Stopwatch]::GetTimestamp() - $start) * 1000.0 / [System.Diagnostics.Stopwatch]::Frequency
