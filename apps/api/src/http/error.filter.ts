import { Catch, Inject, NotFoundException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { LOGGER, type Logger } from '#platform';
import { PublicUrl } from '../service/public-url.js';
import { versionsBody } from '../service/versions.js';
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
    private readonly publicUrl: PublicUrl,
  ) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();
    if (error instanceof NotFoundException && !this.routes.knowsFirstSegmentOf(request.url)) {
      // To Glance's clients an unknown first segment is a version that is not there: they are told those that are.
      void reply.status(300).send(versionsBody(this.publicUrl.of(request)));
      return;
    }
    const fault = this.faultFor(error, request);
    if (fault.status === 500)
      this.logger.error({ err: error, request_id: request.id }, 'a request failed unexpectedly');
    sendFault(fault, request, reply);
  }

  private faultFor(error: unknown, request: FastifyRequest): Fault {
    if (error instanceof NotFoundException) {
      const allowed = this.routes.methodsOf(request.url);
      if (allowed.length > 0) {
        const text = `The method ${request.method} is not allowed for this resource.`;
        return new Fault(405, text, { allow: allowed.join(', ') });
      }
      return new Fault(404, 'The resource could not be found.');
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
