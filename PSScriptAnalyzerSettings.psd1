@{
    Severity     = @('Error', 'Warning', 'Information')
    IncludeRules = @('*')
    ExcludeRules = @(
        # Access tokens and -ClientSecret are strings in the commands whose signatures these are
        'PSAvoidUsingPlainTextForPassword'
        'PSAvoidUsingConvertToSecureStringWithPlainText'
        # Getting and making tokens changes nothing that -WhatIf could spare
        'PSUseShouldProcessForStateChangingFunctions'
        # Hashtables whose keys are case-sensitive, as environment variables' names are
        'PSUseLiteralInitializerForHashtable'
        # Taste
        'PSAvoidUsingPositionalParameters'
        'PSAvoidUsingDoubleQuotesForConstantString'
        'PSUseSingularNouns'
    )
    Rules        = @{
        PSUseCompatibleSyntax      = @{ Enable = $true; TargetVersions = @('5.1', '7.4', '7.6') }
        PSPlaceOpenBrace           = @{ Enable = $true; OnSameLine = $true; IgnoreOneLineBlock = $true }
        PSPlaceCloseBrace          = @{ Enable = $true; NoEmptyLineBefore = $true; IgnoreOneLineBlock = $true; NewLineAfter = $true }
        PSUseConsistentIndentation = @{ Enable = $true; IndentationSize = 4; Kind = 'space' }
    }
}
