import type { Command, Option } from 'commander';

/** Where somebody is in what they type. */
export interface Place {
  readonly command: Command;
  /** The option whose value comes next. */
  readonly option: Option | undefined;
  /** Whether it has one already and may take more. */
  readonly hasValue: boolean;
  /** How many of the command's arguments are there already. */
  readonly argumentCount: number;
  readonly used: ReadonlySet<Option>;
  /** After `--` nothing is an option. */
  readonly optionsEnded: boolean;
  /** After `help` only commands follow. */
  readonly help: boolean;
}

/** @param words whole ones, what was typed after the program's name */
export function placeAfter(program: Command, words: readonly string[]): Place {
  let command = program;
  let option: Option | undefined;
  let hasValue = false;
  let argumentCount = 0;
  let optionsEnded = false;
  let help = false;
  const used = new Set<Option>();
  for (const word of words) {
    if (option && !(option.variadic && hasValue && word.startsWith('-'))) {
      // A variadic option takes what comes, until the next option.
      hasValue = true;
      if (!option.variadic) option = undefined;
    } else if (word === '--') {
      optionsEnded = true;
    } else if (!optionsEnded && /^-./.test(word)) {
      const { options, needsValue } = readOptions(command, word);
      for (const one of options) used.add(one);
      option = needsValue ? options.at(-1) : undefined;
      hasValue = false;
    } else {
      const inner = argumentCount === 0 ? commandNamed(command, word) : undefined;
      if (inner) {
        command = inner;
        used.clear();
      } else if (word === 'help' && command.commands.length > 0) help = true;
      else argumentCount += 1;
    }
  }
  return { command, option, hasValue, argumentCount, used, optionsEnded, help };
}

/** `--name`, `--name=value`, `-n`, `-nvalue`, `-ab`: which options it names, and whether the last one's value is to come. */
function readOptions(
  command: Command,
  word: string,
): { readonly options: readonly Option[]; readonly needsValue: boolean } {
  const options: Option[] = [];
  if (word.startsWith('--')) {
    const [name, value] = word.split('=', 2);
    const option = command.options.find(({ long }) => long === name);
    if (option) options.push(option);
    return { options, needsValue: option?.required === true && value === undefined };
  }
  for (let index = 1; index < word.length; index += 1) {
    const option = command.options.find(({ short }) => short === `-${word[index]}`);
    if (option) options.push(option);
    if (option?.required) return { options, needsValue: index === word.length - 1 };
  }
  return { options, needsValue: false };
}

function commandNamed(command: Command, name: string): Command | undefined {
  return command.commands.find((one) => one.name() === name || one.aliases().includes(name));
}
