// Starts the mock once for all tests, passes its URL to them, and stops it. Jest takes the same as globalSetup.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

export default async function setup(project) {
  const mock = spawn('nhsauth', ['serve', '--port', '0', '--json', '--log-level', 'error'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const failed = once(mock, 'exit').then(([code]) => Promise.reject(new Error(`nhsauth ended with ${code}`)));
  const [line] = await Promise.race([once(createInterface(mock.stdout), 'line'), failed]);
  failed.catch(() => {}); // from here on its end is wanted
  project.provide('mock', JSON.parse(line).url);
  return () => mock.kill();
}
