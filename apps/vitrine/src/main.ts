#!/usr/bin/env node
import 'reflect-metadata';
import { ConfigError } from '#config';
import { commands, isCommand, type CliCommand } from './commands.js';

const usage = `usage: vitrine ${Object.keys(commands).join('|')}

${Object.entries(commands)
  .map(([name, { summary }]) => `  ${name.padEnd(11)} ${summary}`)
  .join('\n')}

Configuration is by environment variables; README.md has the table.`;

const [name = '', ...args] = process.argv.slice(2);
if (!isCommand(name)) {
  process.stderr.write(`${usage}\n`);
  process.exit(name === '' || name === 'help' || name === '--help' ? 0 : 2);
}
try {
  const command: CliCommand = commands[name];
  process.exitCode = (await command.run(process.env, args)) ?? 0;
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`vitrine ${name}: ${message}\n`);
  if (process.env.VITRINE_LOG_LEVEL === 'debug' && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  process.exit(error instanceof ConfigError ? 2 : 1);
}
