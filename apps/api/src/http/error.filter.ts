import { Catch, Inject, NotFoundException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { LOGGER, type Logger } from '#platform';
import { imageApiErrorBody, problemBody } from './error-body.js';
import { Fault } from './fault.js';
import { RouteTable } from './route-table.js';
import { toFault } from './to-fault.js';

/** Turns every error into the answer that its reader expects; what nobody foresaw is a 500 and a line in the log. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  constructor(
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly routes: RouteTable,
  ) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const fault = this.faultFor(error, request);
    if (fault.status === 500)
      this.logger.error({ err: error, request_id: request.id }, 'a request failed unexpectedly');
    sendFault(fault, request, http.getResponse<FastifyReply>());
  }

  private faultFor(error: unknown, request: FastifyRequest): Fault {
    if (error instanceof NotFoundException) {
      const allowed = this.routes.methodsOf(request.url);
      if (allowed.length > 0) {
        return new Fault(405, `Method ${request.method} is not allowed here.`, { allow: allowed.join(', ') });
      }
    }
    return toFault(error) ?? new Fault(500, 'An unexpected error was met; the log has it under the request id.');
  }
}

export function sendFault(fault: Fault, request: FastifyRequest, reply: FastifyReply): void {
  // The headers of a download may be on their way already: all that is left is to cut the connection.
  if (reply.raw.headersSent) {
    reply.raw.destroy();
    return;
  }
  const { contentType, body } = request.url.startsWith('/vitrine/')
    ? problemBody(fault, request.id)
    : imageApiErrorBody(fault, request.headers.accept);
  void reply
    .status(fault.status)
    .headers({ ...fault.headers, 'content-type': contentType })
    .send(body);
}
