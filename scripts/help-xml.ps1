<#
.SYNOPSIS
    Writes the help of a module's commands as a help file (MAML), from the comments in its sources.
.DESCRIPTION
    PowerShell makes XML of comment-based help, and of XML the objects that Get-Help shows (HelpCommentsParser.cs and
    MamlNode.cs in its sources). Here the same XML is made of those objects, so that a command's help is the same from a
    file as from its comments. See docs/decisions/0108-help-in-a-file.md.
#>
[CmdletBinding()]
param(
    # The manifest of a module whose commands have comment-based help.
    [Parameter(Mandatory)][string] $Manifest,

    # The file to write.
    [Parameter(Mandatory)][string] $Path
)
$ErrorActionPreference = 'Stop'
# Help has only those properties that there was something to say for.
Set-StrictMode -Off

# The help of each exported command, from a session of its own: another build of the module may be loaded in this one.
function Get-CommandHelp {
    param([string] $Manifest)
    $shell = [powershell]::Create()
    try {
        $null = $shell.AddScript({
                param($Manifest)
                $ErrorActionPreference = 'Stop'
                # Windows PowerShell's titles of the examples are in the user's language.
                [System.Threading.Thread]::CurrentThread.CurrentUICulture = 'en-US'
                $module = Import-Module $Manifest -PassThru
                foreach ($name in $module.ExportedFunctions.Keys | Sort-Object) { Get-Help "$($module.Name)\$name" -Full }
            }.ToString()).AddArgument($Manifest)
        $shell.Invoke()
    }
    finally { $shell.Dispose() }
}

function Protect-XmlText { param($Text) [System.Security.SecurityElement]::Escape("$Text") }

function Join-Element {
    param([string] $Name, [object[]] $Content, [string] $Attribute)
    "<$Name$Attribute>$(-join $Content)</$Name>"
}

function Get-TextElement {
    param([string] $Name, $Text, [string] $Attribute)
    Join-Element $Name (Protect-XmlText $Text) $Attribute
}

function Get-ParagraphElement {
    param([string] $Name, $Paragraph)
    if ($Paragraph) { Join-Element $Name @(foreach ($item in $Paragraph) { Get-TextElement maml:para $item.Text }) }
}

# Those properties of an object that are attributes in XML.
function Get-Attribute {
    param($Item, [string[]] $Name)
    -join @(foreach ($attribute in $Name) { " $attribute=`"$(Protect-XmlText $Item.$attribute)`"" })
}

function Get-ValueElement {
    param($Value)
    foreach ($item in $Value) { Get-TextElement command:parameterValue $item (Get-Attribute $item required) }
}

function Get-TypeElement { param($Type) if ($Type) { Join-Element dev:type (Get-TextElement maml:name $Type.name) } }

function Get-ParameterElement {
    param($Parameter)
    foreach ($item in $Parameter) {
        $content = @(
            Get-TextElement maml:name $item.name
            Get-ParagraphElement maml:description $item.description
            Get-ValueElement $item.parameterValue
            if ($item.parameterValueGroup) {
                Join-Element command:parameterValueGroup (Get-ValueElement $item.parameterValueGroup.parameterValue)
            }
            Get-TypeElement $item.type
            if ($null -ne $item.defaultValue) { Get-TextElement dev:defaultValue $item.defaultValue }
        )
        Join-Element command:parameter $content (Get-Attribute $item required, globbing, pipelineInput, position)
    }
}

function Get-SyntaxElement {
    param($Syntax)
    foreach ($item in $Syntax.syntaxItem) {
        Join-Element command:syntaxItem @(Get-TextElement maml:name $item.name; Get-ParameterElement $item.parameter)
    }
}

function Get-ExampleElement {
    param($Example)
    foreach ($item in $Example) {
        Join-Element command:example @(
            Get-TextElement maml:title $item.title
            Get-ParagraphElement maml:introduction $item.introduction
            Get-TextElement dev:code $item.code
            Get-ParagraphElement dev:remarks $item.remarks
        )
    }
}

function Get-LinkElement {
    param($Link)
    foreach ($item in $Link) {
        $text = if ($item.uri) { Get-TextElement maml:uri $item.uri } else { Get-TextElement maml:linkText $item.linkText }
        Join-Element maml:navigationLink $text
    }
}

function Get-CommandElement {
    param($Help)
    # PowerShell makes up help for a command that has none, and writes the syntax where the synopsis would be.
    if (-not $Help.details.description) { throw "$($Help.Name) has no comment-based help with a synopsis." }
    $notes = foreach ($alert in $Help.alertSet.alert) { Get-TextElement maml:para $alert.Text }
    $inputs = foreach ($item in $Help.inputTypes.inputType) { Join-Element command:inputType (Get-TypeElement $item.type) }
    $outputs = foreach ($item in $Help.returnValues.returnValue) { Join-Element command:returnValue (Get-TypeElement $item.type) }
    $examples = Get-ExampleElement $Help.examples.example
    $links = Get-LinkElement $Help.relatedLinks.navigationLink
    $content = @(
        Join-Element command:details @(
            Get-TextElement command:name $Help.details.name
            Get-ParagraphElement maml:description $Help.details.description
        )
        Get-ParagraphElement maml:description $Help.description
        Join-Element command:syntax (Get-SyntaxElement $Help.syntax)
        Join-Element command:parameters (Get-ParameterElement $Help.parameters.parameter)
        if ($inputs) { Join-Element command:inputTypes $inputs }
        if ($outputs) { Join-Element command:returnValues $outputs }
        if ($notes) { Join-Element maml:alertSet (Join-Element maml:alert $notes) }
        if ($examples) { Join-Element command:examples $examples }
        if ($links) { Join-Element maml:relatedLinks $links }
    )
    Join-Element command:command $content (Get-Attribute $Help xmlns:maml, xmlns:command, xmlns:dev)
}

$commands = Get-CommandHelp $Manifest | ForEach-Object { Get-CommandElement $_ }
$document = New-Object System.Xml.XmlDocument
$document.LoadXml((Join-Element helpItems $commands ' xmlns="http://msh" schema="maml"'))
$settings = New-Object System.Xml.XmlWriterSettings
$settings.Indent = $true
$settings.NewLineChars = "`n"
# What is not ASCII is written as a character reference.
$settings.Encoding = [System.Text.Encoding]::ASCII
$writer = [System.Xml.XmlWriter]::Create($Path, $settings)
try { $document.Save($writer) } finally { $writer.Dispose() }
