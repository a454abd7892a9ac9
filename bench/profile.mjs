import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Functions named for each profile. */
const MOST = 45;

/**
 * Says of each CPU profile of a folder which functions and which packages the time went to.
 *
 * @param windows - the measured parts, `{ begin, end }` in microseconds of the monotonic clock: nothing else counts
 */
export async function describeProfiles(folder, windows) {
  for (const name of (await readdir(folder)).filter((one) => one.endsWith('.cpuprofile'))) {
    const { nodes, samples, timeDeltas, startTime } = JSON.parse(await readFile(join(folder, name), 'utf8'));
    let now = startTime;
    const byId = new Map(nodes.map((node) => [node.id, node]));
    const functions = new Map();
    const packages = new Map();
    let busy = 0;
    samples.forEach((id, index) => {
      now += timeDeltas[index];
      if (!windows.some(({ begin, end }) => begin <= now && now <= end)) return;
      const { functionName, url, lineNumber } = byId.get(id).callFrame;
      if (functionName === '(idle)' || functionName === '(program)') return;
      busy += timeDeltas[index];
      add(
        functions,
        `${functionName || '(anonymous)'} ${shortened(url)}:${lineNumber + 1}`,
        timeDeltas[index],
      );
      add(packages, packageOf(url, functionName), timeDeltas[index]);
    });
    console.log(`\n${name}: ${(busy / 1e6).toFixed(1)} s busy`);
    print(packages, busy, 20);
    print(functions, busy, MOST);
  }
}

function add(map, key, time) {
  map.set(key, (map.get(key) ?? 0) + time);
}

function print(map, whole, most) {
  const sorted = [...map].toSorted(([, one], [, other]) => other - one).slice(0, most);
  for (const [name, time] of sorted)
    console.log(`${((100 * time) / whole).toFixed(1).padStart(5)}%  ${name}`);
}

function packageOf(url, functionName) {
  if (functionName === '(garbage collector)') return functionName;
  const [, name] = /node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*node_modules)/.exec(url) ?? [];
  if (name) return name;
  return /dist\/([a-z]+)/.exec(url)?.[0] ?? (url || 'native').split('/')[0];
}

function shortened(url) {
  return url.replace(/^.*node_modules\//, '').replace(/^.*\/(dist\/)/, '$1');
}
