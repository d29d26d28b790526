# Nothing is handed out again: somebody else may be signed in now.
function Clear-ReusableToken {
    param($EngineHost)

    try {
        [System.Threading.Monitor]::Enter($EngineLock)
        $EngineHost['Reusable'].Clear()
        $EngineHost['Generation']++
    }
    finally { [System.Threading.Monitor]::Exit($EngineLock) }
}
