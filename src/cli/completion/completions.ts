import type { Argument, Command, Option } from 'commander';
import { placeAfter, type Place } from './typed-words.ts';

/** What can be typed. */
export interface CompletionValue {
  readonly value: string;
  /** One line, without tabs. */
  readonly description: string;
}

export interface Completions {
  readonly values: readonly CompletionValue[];
  /** Whether a file's name can stand there. */
  readonly files: boolean;
}

/** The names of the profiles that there are; read when they are needed. */
type ProfileNames = () => readonly string[];

/**
 * What can follow, by the commands' own definitions.
 * @param words what was typed after the program's name; the last is the one to complete, perhaps empty
 */
export function completionsOf(program: Command, words: readonly string[], profileNames: ProfileNames): Completions {
  // Shells hand over the quote that was opened, PowerShell also one that closes it, and take values without.
  const word = (words.at(-1) ?? '').replace(/^(["'])(.*?)\1?$/, '$2');
  const place = placeAfter(program, words.slice(0, -1));
  const found = candidatesAt(place, word, profileNames);
  return { ...found, values: found.values.filter(({ value }) => value.startsWith(word)) };
}

function candidatesAt(place: Place, word: string, profileNames: ProfileNames): Completions {
  const { command, option, hasValue, argumentCount, optionsEnded, help } = place;
  if (help) return { values: subcommands(command), files: false };
  if (option && !(hasValue && word.startsWith('-'))) return valuesOf(option, profileNames);
  if (!optionsEnded && word.startsWith('-'))
    return attachedValues(command, word, profileNames) ?? optionsOf(place, word);
  if (command.commands.length > 0) return { values: argumentCount === 0 ? subcommands(command) : [], files: false };
  const argument = command.registeredArguments[argumentCount] ?? variadic(command);
  if (argument) return valuesOf(argument, profileNames);
  // There is nothing else that could follow: who asks gets to know the options.
  return optionsEnded ? { values: [], files: false } : optionsOf(place, word);
}

function subcommands(command: Command): readonly CompletionValue[] {
  const visible = command.createHelp().visibleCommands(command);
  return visible.map((one) => ({ value: one.name(), description: firstSentence(one.description()) }));
}

/** The values behind `--name=`, each with that in front of it. */
function attachedValues(command: Command, word: string, profileNames: ProfileNames): Completions | undefined {
  const [name] = /^--[^=]+(?==)/.exec(word) ?? [];
  const option = command.options.find(({ long }) => long === name);
  if (!name || !option?.required) return undefined;
  const { values, files } = valuesOf(option, profileNames);
  return { values: values.map((one) => ({ ...one, value: `${name}=${one.value}` })), files };
}

function optionsOf({ command, used }: Place, word: string): Completions {
  const visible = command
    .createHelp()
    .visibleOptions(command)
    .filter((option) => !used.has(option) || option.variadic);
  // By their long names, which say what they are; a short one that was typed is right as it is.
  const shortTyped = /^-[^-]$/.test(word);
  const values = visible.flatMap(({ long, short, description }) => {
    const name = shortTyped ? short : (long ?? short);
    return name ? [{ value: name, description: firstSentence(description) }] : [];
  });
  return { values, files: false };
}

function valuesOf(taker: Option | Argument, profileNames: ProfileNames): Completions {
  const { argChoices } = taker;
  if (argChoices) return { values: plain(argChoices), files: false };
  switch (placeholderOf(taker)) {
    case 'profile':
      return { values: plain(profileNames()), files: false };
    case 'path':
    case 'file':
      return { values: [], files: true };
    case 'scopes':
      return { values: usualScopes, files: false };
    default:
      return { values: [], files: false };
  }
}

/** What the help calls the value: `<path>`; the name of `--profile` is that of one. */
function placeholderOf(taker: Option | Argument): string | undefined {
  if (!('flags' in taker)) return taker.name();
  return taker.long === '--profile' ? 'profile' : /[<[]([\w-]+)/.exec(taker.flags)?.[1];
}

function variadic(command: Command): Argument | undefined {
  const last = command.registeredArguments.at(-1);
  return last?.variadic ? last : undefined;
}

function plain(values: readonly string[]): readonly CompletionValue[] {
  return values.map((value) => ({ value, description: '' }));
}

/** What the public cloud's scripts ask for most. */
const usualScopes: readonly CompletionValue[] = [
  { value: 'https://graph.microsoft.com/.default', description: 'Microsoft Graph' },
  { value: 'https://management.azure.com/.default', description: 'Azure Resource Manager' },
  { value: 'https://vault.azure.net/.default', description: 'Azure Key Vault' },
  { value: 'https://storage.azure.com/.default', description: 'Azure Storage' },
  { value: 'https://database.windows.net/.default', description: 'Azure SQL Database' },
];

function firstSentence(text: string): string {
  return text.replaceAll(/\s+/g, ' ').replace(/\.(?: .*)?$/, '');
}
