# Nothing is handed out again: somebody else may be signed in now.
function Clear-ReusableToken {
    param($EngineHost)

    try {
        [System.Threading.Monitor]::Enter($EngineHost)
        $EngineHost['Reusable'].Clear()
        $EngineHost['Environment'] = $null
        $EngineHost['Generation']++
    }
    finally { [System.Threading.Monitor]::Exit($EngineHost) }
}
