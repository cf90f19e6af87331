import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Fault } from '../http/fault.js';
import { toFault } from '../http/to-fault.js';

export const unauthorized = () => new Fault(401, 'The request you have made requires authentication.');

/** Errors in Keystone's shape, which its clients read. */
@Catch()
export class KeystoneErrorFilter implements ExceptionFilter {
  catch(error: unknown, host: ArgumentsHost): void {
    const fault = toFault(error) ?? new Fault(500, 'An unexpected error was met.');
    const body = { error: { code: fault.status, title: fault.title, message: fault.explanation } };
    void host.switchToHttp().getResponse<FastifyReply>().status(fault.status).headers(fault.headers).send(body);
  }
}
