# Which .NET types and members a script uses that the .NET Standard 2.0 doesn't have: what is in it is in .NET Framework
# 4.7.2 and later, on which Windows PowerShell 5.1 runs, and in every .NET of PowerShell 7.
#
# The reference assembly is read as metadata, for it can't be loaded to be run. What a type expression names is checked
# with all its members; of a variable, what PowerShell itself infers of its type; where it infers none, a method of that
# name with so many parameters must be somewhere in .NET Standard or in PowerShell.

# The path of the reference assembly, $null where it isn't: NETSTANDARD_REFERENCE names it, or NuGet's folder has it.
function Find-NetStandardReference {
    if ($env:NETSTANDARD_REFERENCE) { return $env:NETSTANDARD_REFERENCE }
    $packages = if ($env:NUGET_PACKAGES) { $env:NUGET_PACKAGES } else { [System.IO.Path]::Combine($HOME, '.nuget', 'packages') }
    Get-ChildItem "$packages/netstandard.library/2.0.*/build/netstandard2.0/ref/netstandard.dll" -ErrorAction Ignore |
        Select-Object -Last 1 | ForEach-Object { $_.FullName }
}

function Open-NetStandardReference {
    param($Path)

    $pe = [System.Reflection.PortableExecutable.PEReader]::new([System.IO.File]::OpenRead($Path))
    $script:Reader = [System.Reflection.Metadata.PEReaderExtensions]::GetMetadataReader($pe)
    $script:Types = @{}
    $script:Methods = @{}
    foreach ($handle in $Reader.TypeDefinitions) {
        $type = $Reader.GetTypeDefinition($handle)
        $Types[(Get-TypeName $handle)] = $type
        foreach ($method in $type.GetMethods()) {
            $name = $Reader.GetString($Reader.GetMethodDefinition($method).Name)
            if (-not $Methods[$name]) { $Methods[$name] = [System.Collections.ArrayList]::new() }
            $null = $Methods[$name].Add($method)
        }
    }
    $script:Open = $pe

    $script:PowerShellAssembly = [psobject].Assembly
    # PowerShell's own inference, as its completion of members uses it. Not public; the tests notice when it goes.
    $script:Inference = $PowerShellAssembly.GetType('System.Management.Automation.AstTypeInference').GetMethod(
        'InferTypeOf', [System.Reflection.BindingFlags]'Static, Public, NonPublic', $null, @([System.Management.Automation.Language.Ast]), $null)
}

function Close-NetStandardReference { $Open.Dispose() }

# Namespace.Outer+Inner`1, as Type.FullName has it.
function Get-TypeName {
    param($Handle)

    $type = $Reader.GetTypeDefinition($Handle)
    $name = $Reader.GetString($type.Name)
    $outer = $type.GetDeclaringType()
    if (-not $outer.IsNil) { return "$(Get-TypeName $outer)+$name" }
    $space = $Reader.GetString($type.Namespace)
    if ($space) { "$space.$name" } else { $name }
}

# ECMA-335 II.23.2: numbers in one, two or four bytes.
function Read-Number {
    param($Blob)

    $first = $Blob.Bytes[$Blob.At++]
    if ($first -lt 0x80) { return [int]$first }
    if ($first -lt 0xc0) { return (($first -band 0x3f) -shl 8) -bor $Blob.Bytes[$Blob.At++] }
    $number = $first -band 0x1f
    for ($index = 0; $index -lt 3; $index++) { $number = ($number -shl 8) -bor $Blob.Bytes[$Blob.At++] }
    $number
}

$script:Primitives = @{
    0x01 = 'System.Void'; 0x02 = 'System.Boolean'; 0x03 = 'System.Char'; 0x04 = 'System.SByte'; 0x05 = 'System.Byte'
    0x06 = 'System.Int16'; 0x07 = 'System.UInt16'; 0x08 = 'System.Int32'; 0x09 = 'System.UInt32'; 0x0a = 'System.Int64'
    0x0b = 'System.UInt64'; 0x0c = 'System.Single'; 0x0d = 'System.Double'; 0x0e = 'System.String'; 0x16 = 'System.TypedReference'
    0x18 = 'System.IntPtr'; 0x19 = 'System.UIntPtr'; 0x1c = 'System.Object'
}

# ECMA-335 II.23.2.12: a type in a signature. Everything it refers to is in this one assembly.
function Read-Type {
    param($Blob)

    $code = Read-Number $Blob
    if ($Primitives[$code]) { return $Primitives[$code] }
    switch ($code) {
        { $_ -in 0x11, 0x12 } {
            return Get-TypeName ([System.Reflection.Metadata.Ecma335.MetadataTokens]::TypeDefinitionHandle((Read-Number $Blob) -shr 2))
        }
        0x15 {
            $name = Read-Type $Blob
            $arguments = for ($left = Read-Number $Blob; $left -gt 0; $left--) { Read-Type $Blob }
            return "$name[$($arguments -join ',')]"
        }
        0x13 { return '!' + (Read-Number $Blob) }
        0x1e { return '!!' + (Read-Number $Blob) }
        0x1d { return (Read-Type $Blob) + '[]' }
        0x10 { return (Read-Type $Blob) + '&' }
        0x0f { return (Read-Type $Blob) + '*' }
        { $_ -in 0x1f, 0x20 } { $null = Read-Number $Blob; return Read-Type $Blob }
        0x14 {
            $name = Read-Type $Blob
            $rank = Read-Number $Blob
            for ($list = 0; $list -lt 2; $list++) { for ($left = Read-Number $Blob; $left -gt 0; $left--) { $null = Read-Number $Blob } }
            return "$name[$(',' * ($rank - 1))]"
        }
    }
    throw "Element type $code is not known."
}

# A method's parameter types, how many of them must be given, and whether the last takes any number of values.
function Get-Signature {
    param($Method)

    $blob = @{ Bytes = $Reader.GetBlobBytes($Method.Signature); At = 0 }
    $header = Read-Number $blob
    if ($header -band 0x10) { $null = Read-Number $blob }
    $count = Read-Number $blob
    $null = Read-Type $blob
    $types = @(for ($index = 0; $index -lt $count; $index++) { Read-Type $blob })
    $optional = 0
    $any = $false
    foreach ($handle in $Method.GetParameters()) {
        $parameter = $Reader.GetParameter($handle)
        if ($parameter.Attributes -band [System.Reflection.ParameterAttributes]::Optional) { $optional++ }
        if ($parameter.SequenceNumber -ne $count) { continue }
        foreach ($attribute in $parameter.GetCustomAttributes()) {
            $constructor = $Reader.GetMethodDefinition($Reader.GetCustomAttribute($attribute).Constructor)
            if ((Get-TypeName $constructor.GetDeclaringType()) -eq 'System.ParamArrayAttribute') { $any = $true }
        }
    }
    @{ Types = $types; Needed = $count - [Math]::Max($optional, [int]$any); Any = $any }
}

# Whether a call can mean this method: so many values, and no text where PowerShell would have to make something else of
# it. String.Split('--') is such a case: two characters in .NET Framework, one separator in .NET.
function Test-Signature {
    param($Signature, $Arguments)

    $count = $Signature.Types.Count
    if ($Arguments.Count -lt $Signature.Needed -or ($Arguments.Count -gt $count -and -not $Signature.Any)) { return $false }
    for ($index = 0; $index -lt $Arguments.Count; $index++) {
        if ($Arguments[$index] -isnot [System.Management.Automation.Language.StringConstantExpressionAst]) { continue }
        $type = $Signature.Types[[Math]::Min($index, $count - 1)]
        if ($Signature.Any -and $index -ge $count - 1) { $type = $type -replace '\[\]$' }
        if ($type -notin 'System.Char', 'System.Char[]') { continue }
        if ($Arguments[$index].Value.Length -ne 1) { return $false }
    }
    $true
}

# The types among which a member may be: itself, what it is derived from, and an interface's own interfaces.
function Get-Lineage {
    param($Type)

    $Type
    $parents = @($Type.BaseType)
    if ($Type.Attributes -band [System.Reflection.TypeAttributes]::Interface) {
        $parents = @($Type.GetInterfaceImplementations() | ForEach-Object { $Reader.GetInterfaceImplementation($_).Interface })
    }
    foreach ($parent in $parents) {
        if ($parent.IsNil) { continue }
        if ($parent.Kind -eq 'TypeSpecification') {
            $specification = $Reader.GetTypeSpecification([System.Reflection.Metadata.TypeSpecificationHandle]$parent)
            $name = (Read-Type @{ Bytes = $Reader.GetBlobBytes($specification.Signature); At = 0 }) -replace '\[.*'
        }
        else { $name = Get-TypeName ([System.Reflection.Metadata.TypeDefinitionHandle]$parent) }
        Get-Lineage $Types[$name]
    }
}

# Nothing when .NET Standard has the member, else what is amiss. Arguments is $null for a property, a field, or a method
# that is named without being called.
function Get-MemberProblem {
    param([type] $Type, $Name, $Arguments)

    if ($Type.IsArray) {
        if ($Name -eq 'new') { return }
        $Type = [array]
    }
    # Encoding.UTF8 is of an internal type derived from the one that is meant.
    while (-not $Type.IsVisible) { $Type = $Type.BaseType }
    if ($Type.IsGenericType) { $Type = $Type.GetGenericTypeDefinition() }
    $definition = $Types[$Type.FullName]
    if (-not $definition) { return "$($Type.FullName) is not in .NET Standard 2.0" }
    if ($Name -eq 'new') {
        if ($Arguments.Count -eq 0 -and $Type.IsValueType) { return }
        $Name = '.ctor'
    }
    $found = $false
    foreach ($holder in $(if ($Name -eq '.ctor') { $definition } else { Get-Lineage $definition })) {
        if ($null -eq $Arguments) {
            $names = @(
                foreach ($handle in $holder.GetProperties()) { $Reader.GetString($Reader.GetPropertyDefinition($handle).Name) }
                foreach ($handle in $holder.GetFields()) { $Reader.GetString($Reader.GetFieldDefinition($handle).Name) }
                foreach ($handle in $holder.GetMethods()) { $Reader.GetString($Reader.GetMethodDefinition($handle).Name) }
            )
            if ($names -contains $Name) { return }
            continue
        }
        foreach ($handle in $holder.GetMethods()) {
            $method = $Reader.GetMethodDefinition($handle)
            if ($Reader.GetString($method.Name) -ne $Name) { continue }
            $found = $true
            if (Test-Signature (Get-Signature $method) $Arguments) { return }
        }
    }
    if ($found) { "$($Type.FullName).$Name does not take these $($Arguments.Count) values in .NET Standard 2.0" }
    else { "$($Type.FullName) has no $Name in .NET Standard 2.0" }
}

# Nothing when a method of any type may be meant, else what is amiss.
function Get-MethodProblem {
    param($Name, $Arguments)

    foreach ($handle in $Methods[$Name]) {
        if (Test-Signature (Get-Signature $Reader.GetMethodDefinition($handle)) $Arguments) { return }
    }
    if (-not $OwnMethods) {
        $script:OwnMethods = @{}
        foreach ($type in $PowerShellAssembly.GetExportedTypes()) {
            foreach ($method in $type.GetMethods()) { $OwnMethods[$method.Name] = $true }
        }
    }
    if (-not $OwnMethods[$Name]) { "no type of .NET Standard 2.0 has a method $Name that takes $($Arguments.Count) values" }
}

# All that a script uses and .NET Standard 2.0 doesn't have, a line each. What PowerShell itself brings is left out.
function Get-NetStandardProblem {
    param([System.Management.Automation.Language.Ast] $Ast)

    $typed = $Ast.FindAll({
            $args[0] -is [System.Management.Automation.Language.TypeExpressionAst] -or
            $args[0] -is [System.Management.Automation.Language.TypeConstraintAst]
        }, $true)
    foreach ($use in $typed) {
        $type = $use.TypeName.GetReflectionType()
        if (-not $type) { "line $($use.Extent.StartLineNumber): there is no type $($use.TypeName)"; continue }
        foreach ($part in Get-TypePart $type) {
            if ($part.Assembly -eq $PowerShellAssembly -or $Types[$part.FullName]) { continue }
            "line $($use.Extent.StartLineNumber): $($part.FullName) is not in .NET Standard 2.0"
        }
    }

    foreach ($use in $Ast.FindAll({ $args[0] -is [System.Management.Automation.Language.MemberExpressionAst] }, $true)) {
        if ($use.Member -isnot [System.Management.Automation.Language.StringConstantExpressionAst]) { continue }
        $name = $use.Member.Value
        $isCall = $use -is [System.Management.Automation.Language.InvokeMemberExpressionAst]
        $arguments = if ($isCall) { , @($use.Arguments | Where-Object { $_ }) }
        $candidates = if ($use.Static -and $use.Expression -is [System.Management.Automation.Language.TypeExpressionAst]) {
            $use.Expression.TypeName.GetReflectionType()
        }
        else {
            $Inference.Invoke($null, @($use.Expression)) | ForEach-Object { $_.Type } |
                Where-Object { $_ -and $_ -notin [object], [psobject] -and ($isCall -or $_ -ne [hashtable]) }
        }
        # An inferred type that doesn't have the member even here was not the one.
        $flags = [System.Reflection.BindingFlags]'Public, Instance, Static, IgnoreCase, FlattenHierarchy'
        $candidates = @($candidates | Where-Object { $_ -and ($use.Static -or $_.GetMember($name, $flags)) })
        $problem = if ($candidates) {
            foreach ($type in $candidates) { if ($type.Assembly -ne $PowerShellAssembly) { Get-MemberProblem $type $name $arguments } }
        }
        elseif ($isCall -and -not $use.Static) { Get-MethodProblem $name $arguments }
        foreach ($one in $problem) { "line $($use.Extent.StartLineNumber): $one" }
    }
}

# A type with what it is made of: List<Uri[]> is a List, and a Uri.
function Get-TypePart {
    param([type] $Type)

    if ($Type.HasElementType) { return Get-TypePart $Type.GetElementType() }
    if (-not $Type.IsGenericType) { return $Type }
    $Type.GetGenericTypeDefinition()
    foreach ($argument in $Type.GetGenericArguments()) { if (-not $argument.IsGenericParameter) { Get-TypePart $argument } }
}

Export-ModuleMember -Function Find-NetStandardReference, Open-NetStandardReference, Close-NetStandardReference, Get-NetStandardProblem
