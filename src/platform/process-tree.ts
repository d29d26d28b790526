import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Ends a process and whatever it has started, at once: a tool is often a script that runs the program proper, and to end
 * the script alone would leave the program. What has ended already is no error.
 */
export function endProcessTree(processId: number): void {
  if (process.platform === 'win32') {
    endWindowsTree(processId);
    return;
  }
  // A process that has stopped starts nothing more while its children are looked for, but what it was about to start.
  signal(processId, 'SIGSTOP');
  const ended = new Set<number>();
  for (let children = childrenOf(processId); children.length > 0;) {
    for (const child of children) {
      endProcessTree(child);
      ended.add(child);
    }
    children = childrenOf(processId).filter((child) => !ended.has(child));
  }
  signal(processId, 'SIGKILL');
}

function endWindowsTree(processId: number): void {
  const taskkill = join(process.env['SystemRoot'] ?? 'C:\\Windows', 'System32', 'taskkill.exe');
  try {
    execFileSync(taskkill, ['/pid', String(processId), '/t', '/f'], { stdio: 'ignore', windowsHide: true });
  } catch {
    // Parts of the tree were gone, or this machine has no taskkill.
    signal(processId, 'SIGKILL');
  }
}

function signal(processId: number, name: NodeJS.Signals): void {
  try {
    process.kill(processId, name);
  } catch {
    // It has ended meanwhile.
  }
}

function childrenOf(processId: number): readonly number[] {
  try {
    const all = process.platform === 'linux' ? linuxProcesses() : otherProcesses();
    return all.flatMap(([child, parent]) => (parent === processId ? [child] : []));
  } catch {
    // Neither /proc nor ps: the process itself must not stay stopped.
    return [];
  }
}

type ChildAndParent = readonly [child: number, parent: number];

/** By /proc: containers often have no ps. */
function linuxProcesses(): readonly ChildAndParent[] {
  return readdirSync('/proc').flatMap((name) => {
    const child = Number(name);
    if (!Number.isInteger(child)) return [];
    try {
      // 12 (a program's name, which may have anything in it) S 34 ...
      const text = readFileSync(`/proc/${name}/stat`, 'utf8');
      const [, parent] = text.slice(text.lastIndexOf(')') + 2).split(' ');
      return [[child, Number(parent)] as const];
    } catch {
      return [];
    }
  });
}

function otherProcesses(): readonly ChildAndParent[] {
  const lines = execFileSync('/bin/ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' }).split('\n');
  return lines.map((line) => {
    const [child, parent] = line.trim().split(/\s+/);
    return [Number(child), Number(parent)];
  });
}
