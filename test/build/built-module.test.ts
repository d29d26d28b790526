import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { execa, execaSync } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');
const isThere = !execaSync('pwsh', ['-NoProfile', '-Command', 'exit 0'], { reject: false }).failed;
let out: string;

function pwsh(command: string) {
  return execa('pwsh', ['-NoProfile', '-NonInteractive', '-Command', command], {
    env: { ENTRATOKENBRIDGE_NODE: process.execPath, OUT: out, NO_COLOR: '1' },
  });
}

describe.skipIf(!isThere)('The module that build.ps1 makes', () => {
  beforeAll(async () => {
    out = await mkdtemp(join(tmpdir(), 'built-module-'));
    await pwsh(`& '${join(root, 'build.ps1')}' -Task Module, Package -OutPath $env:OUT`);
  });
  afterAll(() => rm(out, { recursive: true, force: true }));

  test('has its scripts in as many files as there are moments to read them, the engine, the help and the license', async () => {
    const files = await readdir(join(out, 'EntraTokenBridge'), { recursive: true });
    expect(files.filter((file) => /\.psm?1$/.test(file))).toEqual([
      'EntraTokenBridge.Bridge.ps1',
      'EntraTokenBridge.OnDemand.ps1',
      'EntraTokenBridge.Start.ps1',
      'EntraTokenBridge.psm1',
    ]);
    expect(files).toEqual(expect.arrayContaining(['EntraTokenBridge.psd1', 'engine/engine.js', 'LICENSE', 'en-US']));
  });

  // PowerShell writes a script that it finds suspicious into the event log, in full, whatever the logging policy says.
  test('has nothing in what an import and a first command read that PowerShell would log as suspicious', async () => {
    const { stdout } = await pwsh(`
      $internal = [System.Reflection.BindingFlags]'Static, Instance, Public, NonPublic'
      $words = [scriptblock].GetNestedType('SuspiciousContentChecker', $internal).GetMethod('Match', $internal)
      $shape = [System.Management.Automation.Language.Ast].GetProperty('HasSuspiciousContent', $internal)
      foreach ($name in 'EntraTokenBridge.psm1', 'EntraTokenBridge.Start.ps1', 'EntraTokenBridge.Bridge.ps1', 'EntraTokenBridge.OnDemand.ps1') {
        $script = [System.IO.File]::ReadAllText("$env:OUT/EntraTokenBridge/$name")
        $word = $words.Invoke($null, @($script))
        $isOdd = $shape.GetValue([System.Management.Automation.Language.Parser]::ParseInput($script, [ref]$null, [ref]$null))
        "$name $word $isOdd"
      }`);
    expect(stdout.trim().split(/\r?\n/)).toEqual([
      'EntraTokenBridge.psm1  False',
      'EntraTokenBridge.Start.ps1  False',
      'EntraTokenBridge.Bridge.ps1  False',
      // It makes delegates, reads certificates and takes members by name: that this is found shows that it can be.
      'EntraTokenBridge.OnDemand.ps1 GetMethod True',
    ]);
  });

  test('exports the commands that its manifest names, and their help', async () => {
    const { stdout } = await pwsh(`
      $module = Import-Module (Join-Path $env:OUT EntraTokenBridge) -PassThru
      $manifest = Import-PowerShellDataFile (Join-Path $module.ModuleBase EntraTokenBridge.psd1)
      if (Compare-Object @($module.ExportedFunctions.Keys) $manifest.FunctionsToExport) { throw 'Other commands are exported' }
      (Get-Help Get-AzToken).Synopsis`);
    expect(stdout.trim()).toMatch(/token/);
  });

  test('starts the engine that it brings, and has its answer', async () => {
    const { stdout } = await pwsh(`
      Import-Module (Join-Path $env:OUT EntraTokenBridge)
      try { Get-AzToken -TenantId 'no tenant' -ErrorAction Stop } catch { $_.Exception.Data['Code'], $_.Exception.Message }`);
    expect(stdout).toMatch(/TenantId/);
  });

  test('says what is missing when its engine is, and what to do', async () => {
    const { stdout } = await pwsh(`
      $copy = Join-Path $env:OUT incomplete
      Copy-Item (Join-Path $env:OUT EntraTokenBridge) $copy/EntraTokenBridge -Recurse
      Remove-Item $copy/EntraTokenBridge/engine -Recurse
      Import-Module $copy/EntraTokenBridge
      try { Get-AzToken -ErrorAction Stop } catch { $_.Exception.Data['Code'], $_.Exception.Message }
      Remove-Item $copy -Recurse`);
    const [code, message] = stdout.trim().split(/\r?\n/);
    expect(code).toBe('EngineError');
    expect(message).toMatch(
      /^The token engine is missing: there is no '.*incomplete.*engine\.js'\. Install the module EntraTokenBridge again/,
    );
  });

  test('says with the first command under ConstrainedLanguage what it needs', async () => {
    const { stdout } = await pwsh(`
      $ExecutionContext.SessionState.LanguageMode = 'ConstrainedLanguage'
      Import-Module "$env:OUT/EntraTokenBridge"
      foreach ($command in 'Get-AzToken', 'New-PartnerAccessToken -Module ExchangeOnline') {
        try { Invoke-Expression $command } catch { "$_" }
      }`);
    const lines = stdout.trim().split('\n');
    expect(lines).toHaveLength(2);
    for (const line of lines) {
      expect(line).toMatch(/^EntraTokenBridge needs FullLanguage, and runs in ConstrainedLanguage mode here\./);
    }
  });

  test("has partners' commands, whose files are read when one of them is called", async () => {
    const { stdout } = await pwsh(`
      Import-Module (Join-Path $env:OUT EntraTokenBridge)
      foreach ($command in 'New-PartnerAccessToken', 'New-SecMgmtAccessToken') {
        try { & $command -ApplicationId 'no id' -Scopes x -ErrorAction Stop } catch { $_.FullyQualifiedErrorId, $_.Exception.Data['Parameter'] }
        (TabExpansion2 "$command -Scopes offline" 38).CompletionMatches[0].CompletionText
      }`);
    const ofBoth = ['New-PartnerAccessToken', 'New-SecMgmtAccessToken'];
    expect(stdout.trim().split(/\r?\n/)).toEqual(
      ofBoth.flatMap((command) => [`UserTokenError,${command}`, 'ApplicationId', 'offline_access']),
    );
  });

  test.each([
    ['Get-EntraBetaAgentIdentityToken', 'MissingParameter'],
    ['Set-EntraBetaAgentIdentityContext', 'MissingParameter'],
    ['Get-EntraBetaAgentIdentityContext', 'contoso.com'],
    ['Clear-EntraBetaAgentIdentityContext', ''],
  ])('has %s, also as the first command of a session', async (command, answer) => {
    const { stdout } = await pwsh(`
      Import-Module (Join-Path $env:OUT EntraTokenBridge)
      $env:AZURE_TENANT_ID = 'contoso.com'
      try { (${command}).TenantId } catch { $_.Exception.Data['Code'] }`);
    expect(stdout.trim()).toBe(answer);
  });

  test('is packed under its version', async () => {
    expect(await readdir(out)).toContainEqual(expect.stringMatching(/^EntraTokenBridge\.\d+\.\d+\.\d+\.zip$/));
  });
});
