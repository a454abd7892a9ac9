// Runs the built image as an engine would (its user, environment and command; node is process 1 of its own process
// space) against a real MongoDB, and checks what docs/deploying.md promises.
import assert from 'node:assert/strict';
import { execFile, execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

const [, , rootfs, description] = process.argv;
const { config } = JSON.parse(await readFile(description, 'utf8')).Docker;
const STOP_TIMEOUT = 10_000;

/** The command that runs `argv` inside the image. */
function inside(argv, variables) {
  const env = [...config.Env, ...Object.entries(variables).map(([name, value]) => `${name}=${value}`)];
  const own = ['unshare', '--mount', '--pid', '--fork', '--kill-child', `--mount-proc=${rootfs}/proc`];
  const as = ['chroot', `--userspec=${config.User}`, rootfs];
  return [...own, ...as, 'env', '--ignore-environment', `--chdir=${config.WorkingDir}`, ...env, ...argv];
}

async function run(argv, variables) {
  const [file, ...args] = inside(argv, variables);
  const { code = 0, stderr } = await promisify(execFile)(file, args).catch((error) => error);
  return { code, stderr };
}

function says(text) {
  process.stdout.write(`Image: ${text}\n`);
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  return port;
}

async function startDatabase() {
  const dataDir = await mkdtemp(join(tmpdir(), 'reals2chat-image-'));
  const built = join(rootfs, config.WorkingDir, 'dist/database/embedded/embedded-mongod.js');
  const { startEmbeddedMongod } = await import(built);
  const mongod = await startEmbeddedMongod({
    dataDir,
    cacheDir: join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'reals2chat'),
    binary: process.env.MONGOD_BINARY,
    searchPath: process.env.PATH,
    say: (line) => process.stderr.write(`${line}\n`),
  });
  const stop = () => mongod.stop().then(() => rm(dataDir, { recursive: true, force: true }));
  return { uri: mongod.uri, stop };
}

async function holdsOnlyWhatRuns() {
  const app = join(rootfs, config.WorkingDir);
  assert.deepEqual((await readdir(app)).toSorted(), ['dist', 'node_modules', 'package.json']);
  const packages = await readdir(join(app, 'node_modules'));
  assert.deepEqual(
    packages.filter((name) => /^(jest|oxlint|prettier|lefthook|@swc)$/.test(name)),
    [],
  );
  const [uid] = config.User.split(':');
  const changeable = ['!', '-type', 'l', '(', '-uid', uid, '-o', '-perm', '-o+w', ')'];
  assert.equal(
    execFileSync('find', [app, ...changeable]).toString(),
    '',
    'the service could change its code',
  );
  says('holds the built service and its production dependencies, which the service cannot change');
}

async function refusesWithoutSecrets() {
  const { code, stderr } = await run(config.Cmd, {});
  assert.equal(code, 1);
  assert.match(stderr, /^[^\n]*JWT_SECRET[^\n]*\n$/);
  says('refuses to start without its secrets, in one line');
}

async function servesAndStops(uri) {
  const port = await freePort();
  const variables = {
    LOG_LEVEL: 'warn',
    PORT: port,
    MONGODB_URI: uri,
    JWT_SECRET: randomBytes(32).toString('hex'),
  };
  const health = () => run(config.Healthcheck.Test.slice(1), { PORT: port });
  const [file, ...args] = inside(config.Cmd, variables);
  const engine = spawn(file, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(engine, 'exit');
  try {
    for await (const line of createInterface({ input: engine.stdout })) if (line.startsWith('Ready')) break;
    assert.equal(engine.exitCode, null, 'the service ended instead of becoming ready');
    const pid = Number(await readFile(`/proc/${engine.pid}/task/${engine.pid}/children`, 'utf8'));
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    assert.match(status, /^Name:\s+(node|MainThread)$/m);
    assert.match(status, /^NSpid:\s+\d+\s+1$/m, 'node is not process 1');
    assert.match(status, /^Uid:\s+1000\s+1000\s+1000\s+1000$/m);
    says('becomes ready as an ordinary user, node being process 1');

    assert.equal((await health()).code, 0);
    says('is found healthy by its own health check');
    execFileSync(process.execPath, ['.ci/one-message.mjs', `http://127.0.0.1:${port}`]);
    says('takes a message from one person to another');

    const late = setTimeout(() => engine.kill('SIGKILL'), STOP_TIMEOUT);
    process.kill(pid, config.StopSignal ?? 'SIGTERM');
    const [code] = await ended;
    clearTimeout(late);
    assert.equal(code, 0, 'the service did not stop in time, or not cleanly');
    assert.equal((await health()).code, 1);
    says('stops by its stop signal with exit code 0, and is no longer found healthy');
  } finally {
    engine.kill('SIGKILL');
  }
}

await holdsOnlyWhatRuns();
await refusesWithoutSecrets();
const database = await startDatabase();
try {
  await servesAndStops(database.uri);
} finally {
  await database.stop();
}
