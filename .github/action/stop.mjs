// At the end of the job, however it ended: what the mock refused and why goes to the job's page, then the mock stops.

import { spawnSync } from 'node:child_process';
import { appendFileSync } from 'node:fs';

const { STATE_url: url, STATE_pid: pid, STATE_command: command } = process.env;

if (url) {
  const token = (process.env['INPUT_CONTROL-TOKEN'] ?? '').trim();
  const env = { ...process.env, ...(token && { NHSAUTH_CONTROL_TOKEN: token }) };
  const summary = spawnSync(command, ['summary', '--server', url], { encoding: 'utf8', env });
  if (summary.status === 0) appendFileSync(process.env.GITHUB_STEP_SUMMARY, summary.stdout);
  else console.log(`::warning title=nhsauth::there is no summary: ${(summary.stderr ?? String(summary.error)).trim()}`);
  try {
    process.kill(Number(pid), 'SIGTERM');
  } catch (error) {
    console.log(`::warning title=nhsauth::the mock had ended before its job did (${error.code})`);
  }
}
