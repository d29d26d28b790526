/** What the Tab key does in real shells, with the scripts that `entra-auth-cli completion` prints. */

import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryHome } from '../helpers/cli.ts';
import { absent, quoted, withProgram } from '../helpers/shells.ts';

let home: ReturnType<typeof temporaryHome>;
let environment: ReturnType<typeof withProgram>;

beforeAll(() => {
  home = temporaryHome();
  environment = withProgram(home.path);
  const store = join(home.path, '.config', 'entra-auth-cli');
  mkdirSync(store, { recursive: true });
  const profiles = [{ name: 'default' }, { name: 'production' }, { name: 'prod-eu' }];
  writeFileSync(join(store, 'profiles.json'), JSON.stringify({ version: 1, profiles }));
  mkdirSync(join(home.path, 'work'));
  writeFileSync(join(home.path, 'work', 'token.txt'), '');
});
afterAll(() => home[Symbol.dispose]());

/** Runs a shell in a folder with one file in it. @returns what it has shown on both streams */
async function shell(file: string, args: readonly string[], input = ''): Promise<string> {
  const { all } = await execa(file, args, {
    cwd: join(home.path, 'work'),
    env: { ...environment, TERM: 'dumb' },
    extendEnv: false,
    reject: false,
    all: true,
    input,
    timeout: 45_000,
  });
  return all;
}

/** What is typed, up to the cursor; then, after the Tab, the line. */
const completed = [
  ['disc', 'discover '],
  ['config exp', 'config export '],
  ['get-token --profile produ', 'get-token --profile production '],
  ['get-token --prof', 'get-token --profile '],
  ['get-token -q -o j', 'get-token -q -o json '],
  ['get-token --output=j', 'get-token --output=json '],
  ['config create --auth-method Work', 'config create --auth-method WorkloadIdentity '],
  ['get-token -s https://vau', 'get-token -s https://vault.azure.net/.default '],
  ['inspect -f tok', 'inspect -f token.txt '],
  ['inspect --file=tok', 'inspect --file=token.txt '],
  // What was typed is never run.
  ['get-token -s "$(touch evil)" -o j', 'get-token -s "$(touch evil)" -o json '],
  ['get-token -s `touch evil` -o j', 'get-token -s `touch evil` -o json '],
  // What can't be right stays as it is.
  ['get-token -o zzz', 'get-token -o zzz'],
] as const;

const program = 'entra-auth-cli ';

/** The line after each thing typed, by what a shell's harness has printed: `<<line>>`. */
function expectLines(shown: string, cases: readonly (readonly [string, string])[]): void {
  const lines = [...shown.matchAll(/<<([^>]*)>>/g)].map(([, line]) => line);
  expect(lines).toEqual(cases.map(([, line]) => `${program}${line}`));
  expect(existsSync(join(home.path, 'work', 'evil'))).toBe(false);
}

describe.skipIf(absent('bash'))(`In bash${absent('bash')}`, () => {
  /** Readline reads keys from a pipe as it does from a terminal; Ctrl+X r shows the line, Ctrl+U empties it. */
  function type(keys: readonly string[]): Promise<string> {
    const settings = [
      'exec 2>&1',
      'PS1=',
      'eval "$(entra-auth-cli completion bash)"',
      // A second time, as a new ~/.bashrc is tried
      'eval "$(entra-auth-cli completion bash)"',
      `bind -x '"\\C-xr": printf "<<%s>>\\n" "$READLINE_LINE"'`,
      'bind "set show-all-if-ambiguous on" "set completion-query-items 0" "set page-completions off" "set bell-style none"',
    ];
    const start = join(home.path, 'start.bash');
    writeFileSync(start, settings.map((line) => `${line}\n`).join(''));
    const input = keys.map((typed) => `${program}${typed}\u0018r\u0015`).join('');
    return shell('bash', ['--noprofile', '--rcfile', start, '-i'], `${input}\nexit\n`);
  }

  it('completes what is typed', async () => {
    expectLines(await type(completed.map(([typed]) => `${typed}\t`)), completed);
  });

  it('completes inside quotes, in the midst of a line, and with = and : in words that they divide or not', async () => {
    const inside = [
      ['get-token -s "https://vau\t', 'get-token -s "https://vault.azure.net/.default" '],
      [`disc --quiet${'\u0002'.repeat(8)}\t`, 'discover --quiet'],
    ] as const;
    expectLines(await type(inside.map(([typed]) => typed)), inside);
    expectLines(await type(['\u0015COMP_WORDBREAKS=" "\n' + program + 'get-token --output=j\t']), [
      ['', 'get-token --output=json '],
    ]);
  });

  it('lists what is possible', async () => {
    const shown = await type(['get-token -p prod\t']);
    expect(shown).toMatch(/^prod-eu +production *$/m);
    expectLines(shown, [['', 'get-token -p prod']]);
  });
});

describe.skipIf(absent('zsh'))(`In zsh${absent('zsh')}`, () => {
  /** zsh wants a terminal, and has a module with one. */
  function type(keys: readonly string[], install: string): Promise<string> {
    const settings = [
      'PS1=; unsetopt prompt_sp; LISTMAX=0',
      'report() { print -r -- "<""<$BUFFER>"">"; BUFFER=; }',
      "zle -N report; bindkey '^Xr' report",
      install,
      'print REA""DY',
    ];
    const harness = `
      zmodload zsh/zpty
      zpty z zsh -f -i
      zpty -w z ${quoted(settings.join('\n'))}
      zpty -r z shown '*READY*'
      for keys in "$@"; do
        zpty -w -n z "$keys"$'\\x18r'
        zpty -r z shown '*<<*>>*'
        print -r -- "$shown"
      done
      zpty -d z`;
    return shell('zsh', ['-f', '-c', harness, 'zsh', ...keys.map((typed) => program + typed)]);
  }
  const evaluated = 'eval "$(entra-auth-cli completion zsh)"';

  it('completes what is typed', async () => {
    expectLines(
      await type(
        completed.map(([typed]) => `${typed}\t`),
        evaluated,
      ),
      completed,
    );
  });

  it('completes in the midst of a line, and behind a quote', async () => {
    const inQuotes = await type(['get-token -s "https://vau\t'], evaluated);
    expectLines(inQuotes, [['', 'get-token -s "https://vault.azure.net/.default" ']]);
    const shown = await type([`disc --quiet${'\u0002'.repeat(8)}\t`], evaluated);
    // zsh puts its blank, whatever follows.
    expectLines(shown, [['', 'discover  --quiet']]);
  });

  it('lists what is possible, with what it is', async () => {
    const shown = await type(['get-token -p prod\t\t', 'config \t\t'], evaluated);
    expect(shown).toMatch(/^prod-eu +production *\r?$/m);
    expect(shown).toMatch(/create +-- Make a profile/);
  });

  it('completes from a folder in fpath too', async () => {
    const folder = join(home.path, 'functions');
    const install = `mkdir -p ${quoted(folder)}; entra-auth-cli completion zsh > ${quoted(`${folder}/_entra-auth-cli`)}
      fpath=(${quoted(folder)} $fpath); autoload -Uz compinit; compinit -u -D`;
    const cases = [
      ['disc\t', 'discover '],
      ['get-token -o j\t', 'get-token -o json '],
    ] as const;
    expectLines(
      await type(
        cases.map(([typed]) => typed),
        install,
      ),
      cases,
    );
  });
});

describe.skipIf(absent('fish'))(`In fish${absent('fish')}`, () => {
  /** `complete -C` says what the Tab key would offer. */
  async function offered(typed: readonly string[]): Promise<readonly (readonly string[])[]> {
    const harness = 'entra-auth-cli completion fish | source; for typed in $argv; complete -C $typed; echo "=="; end';
    const shown = await shell('fish', ['--no-config', '-c', harness, ...typed.map((words) => program + words)]);
    return shown
      .split(/^==\n?/m)
      .slice(0, -1)
      .map((lines) => lines.split('\n').filter(Boolean));
  }

  it('completes what is typed', async () => {
    // Backticks mean nothing in fish.
    const cases = completed.filter(([typed]) => !typed.includes('`'));
    const expected = cases.map(([typed, line]) => (line === typed ? [] : [line.trim().split(' ').at(-1)]));
    const values = await offered(cases.map(([typed]) => typed));
    expect(values.map((lines) => lines.map((line) => line.split('\t', 1)[0]))).toEqual(expected);
    expect(existsSync(join(home.path, 'work', 'evil'))).toBe(false);
  });

  it('completes behind a quote', async () => {
    const [values] = await offered(['get-token -s "https://vau']);
    expect(values).toEqual(['https://vault.azure.net/.default\tAzure Key Vault']);
  });

  it('lists what is possible, with what it is', async () => {
    const [profiles, commands] = await offered(['get-token -p prod', 'config ']);
    expect(profiles?.toSorted()).toEqual(['prod-eu', 'production']);
    expect(commands).toContainEqual(expect.stringMatching(/^create\tMake a profile/));
  });
});

describe.skipIf(absent('pwsh'))(`In PowerShell${absent('pwsh')}`, () => {
  /** TabExpansion2 is what the Tab key calls: the line with the first match, then each match and its tooltip. */
  function type(lines: readonly (readonly [line: string, cursor: number])[]): Promise<string> {
    const harness = `
      entra-auth-cli completion powershell | Out-String | Invoke-Expression
      $LASTEXITCODE = 7
      foreach ($typed in ConvertFrom-Json $input) {
        $line, $cursor = $typed
        $answer = TabExpansion2 $line $cursor
        $first = $answer.CompletionMatches | Select-Object -First 1
        if ($first) {
          $line = $line.Remove($answer.ReplacementIndex, $answer.ReplacementLength)
          $line = $line.Insert($answer.ReplacementIndex, $first.CompletionText)
        }
        "<<$line>>"
        foreach ($match in $answer.CompletionMatches) { "$($match.ListItemText)|$($match.ToolTip)" }
      }
      "exit code $LASTEXITCODE"`;
    const typed = lines.map(([line, cursor]) => [program + line, program.length + cursor]);
    return shell('pwsh', ['-NoProfile', '-NonInteractive', '-Command', harness], JSON.stringify(typed));
  }

  it('completes what is typed, and leaves the last exit code as it was', async () => {
    const cases = completed.map(
      ([typed, line]) => [typed, line.trimEnd().replace(/(?<= )token\.txt$/, './token.txt')] as const,
    );
    // A backtick is PowerShell's escape; PowerShell completes file names alone, not behind an option and =.
    const here = cases.filter(([typed]) => !/`|--file=/.test(typed));
    const shown = await type(here.map(([typed]) => [typed, typed.length]));
    expectLines(shown, here);
    expect(shown).toMatch(/^exit code 7$/m);
  });

  it('completes in the midst of a line, and in and after words in quotes', async () => {
    const shown = await type([
      ["get-token -s 'https://vau", 25],
      ['disc --quiet', 4],
      ["get-token -s '' -o j", 20],
    ]);
    expectLines(shown, [
      ['', 'get-token -s https://vault.azure.net/.default'],
      ['', 'discover --quiet'],
      ['', "get-token -s '' -o json"],
    ]);
  });

  it('lists what is possible, with what it is', async () => {
    const shown = await type([
      ['get-token -p prod', 17],
      ['config ', 7],
    ]);
    expect(shown).toMatch(/^production\|production\nprod-eu\|prod-eu$/m);
    expect(shown).toMatch(/^create\|Make a profile$/m);
  });
});
