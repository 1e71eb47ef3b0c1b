// Installs the mock into an environment of its own, starts it, waits until it answers, and passes its URL to the next steps.
// Nothing but Node's own modules: what a job runs is what this file says.

import { spawn, spawnSync } from 'node:child_process';
import { appendFileSync, closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const PATIENCE = 60_000; // milliseconds: a busy runner makes its first keys in some seconds
const WINDOWS = process.platform === 'win32';

const input = (name) => (process.env[`INPUT_${name.toUpperCase()}`] ?? '').trim();
const tell = (file, name, value) => appendFileSync(process.env[file], `${name}=${value}\n`);

function fail(message) {
  console.log(`::error title=nhsauth::${message.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')}`);
  process.exit(1);
}

/** Run a command to its end, its output in the log of the job. */
function run(command, ...args) {
  const done = spawnSync(command, args, { stdio: 'inherit' });
  if (done.error) fail(`${command} cannot be started (${done.error.code}): is Python set up before this step?`);
  if (done.status !== 0) fail(`${command} ${args.join(' ')} ended with ${done.status}`);
}

/** Install the package; the folder of its commands. */
function installed(folder) {
  const environment = join(folder, 'venv');
  const scripts = join(environment, WINDOWS ? 'Scripts' : 'bin');
  run(input('python'), '-m', 'venv', environment);
  run(join(scripts, 'python'), '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', input('package'));
  return scripts;
}

function options() {
  const given = ['serve', '--json', '--log-format', 'json', '--port', input('port')];
  if (input('config')) given.push('--config', input('config'));
  if (!['true', 'false'].includes(input('tls'))) fail(`tls is "${input('tls')}"; allowed: true, false`);
  if (input('tls') === 'true') given.push('--tls');
  return given;
}

/** The line that the mock prints once it can answer. */
async function ready(process_, file, journal) {
  const deadline = Date.now() + PATIENCE;
  while (Date.now() < deadline) {
    const [line, rest] = readFileSync(file, 'utf8').split('\n', 2);
    if (rest !== undefined) return JSON.parse(line);
    if (process_.exitCode !== null) fail(`the mock ended with ${process_.exitCode}: ${readFileSync(journal, 'utf8').trim()}`);
    await pause(100);
  }
  process_.kill();
  return fail(`the mock was not ready after ${PATIENCE / 1000} s: ${readFileSync(journal, 'utf8').trim()}`);
}

const token = input('control-token');
if (token) console.log(`::add-mask::${token}`);
const runner = process.env.RUNNER_TEMP ?? tmpdir();
if (!existsSync(runner)) mkdirSync(runner, { recursive: true });
const folder = mkdtempSync(join(runner, 'nhsauth-'));
const scripts = input('package') ? installed(folder) : '';
const path = scripts ? `${scripts}${delimiter}${process.env.PATH}` : process.env.PATH;
const said = join(folder, 'ready.json');
const journal = join(folder, 'journal.jsonl');
const [out, log] = [openSync(said, 'w'), openSync(journal, 'w')];
const mock = spawn(scripts ? join(scripts, 'nhsauth') : 'nhsauth', options(), {
  detached: true,
  stdio: ['ignore', out, log],
  windowsHide: true,
  env: { ...process.env, PATH: path, ...(token && { NHSAUTH_CONTROL_TOKEN: token }) },
});
mock.on('error', (error) => fail(`nhsauth cannot be started (${error.code})`));
const { url, pid } = await ready(mock, said, journal);
mock.unref();
[out, log].forEach(closeSync);

if (scripts) appendFileSync(process.env.GITHUB_PATH, `${scripts}\n`);
tell('GITHUB_ENV', 'NHSAUTH_URL', url);
if (token) tell('GITHUB_ENV', 'NHSAUTH_CONTROL_TOKEN', token);
tell('GITHUB_OUTPUT', 'url', url);
tell('GITHUB_OUTPUT', 'token-url', `${url}/oauth2/token`);
tell('GITHUB_OUTPUT', 'journal', journal);
tell('GITHUB_STATE', 'url', url);
tell('GITHUB_STATE', 'pid', pid);
tell('GITHUB_STATE', 'command', scripts ? join(scripts, 'nhsauth') : 'nhsauth');
console.log(`nhsauth ready at ${url}; its journal: ${journal}`);
