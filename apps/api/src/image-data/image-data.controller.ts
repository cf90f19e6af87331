import type { ServerResponse } from 'node:http';
import { Controller, Get, Inject, Param, Put, Query, Req, Res } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { LOGGER, type Logger } from '#platform';
import { AccessRecorder } from '../access/access-recorder.js';
import { CurrentCall, type Call } from '../http/caller.js';
import { badRequest } from '../http/fault.js';
import { Metrics } from '../http/metrics.js';
import { imageIdOf } from '../images/image-id.js';
import { OpenData, type OpenedData } from './open-data.handler.js';
import { ReceiveData } from './receive-data.handler.js';
import { RunningTransfers } from './running-transfers.js';

/** The bytes of images (Image API v2, "Image data" and "stage"). */
@Controller('/v2/images/:id')
export class ImageDataController {
  constructor(
    @Inject(CommandBus) private readonly commands: CommandBus,
    @Inject(QueryBus) private readonly queries: QueryBus,
    @Inject(RunningTransfers) private readonly transfers: RunningTransfers,
    @Inject(Metrics) private readonly metrics: Metrics,
    @Inject(AccessRecorder) private readonly accesses: AccessRecorder,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  @Put('file')
  upload(
    @CurrentCall() call: Call,
    @Param('id') id: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ) {
    return this.receive('upload', call, id, request, reply);
  }

  @Put('stage')
  stage(
    @CurrentCall() call: Call,
    @Param('id') id: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ) {
    return this.receive('stage', call, id, request, reply);
  }

  @Get('file')
  async download(
    @CurrentCall() { actor }: Call,
    @Param('id') given: string,
    @Query('prefer') prefer: string | undefined,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { range, 'content-range': contentRange } = request.headers;
    const preferred = typeof prefer === 'string' ? prefer.split(',') : [];
    const data = await this.queries.execute(new OpenData(imageIdOf(given), actor, range, contentRange, preferred));
    if (!data) return void reply.status(204).send();
    await this.send(data, request, reply);
  }

  private async receive(
    kind: 'upload' | 'stage',
    call: Call,
    id: string,
    request: FastifyRequest,
    reply: FastifyReply,
  ) {
    const { 'x-image-meta-store': storeName } = request.headers;
    const size = announcedSize(request.headers['x-openstack-image-size'] ?? request.headers['content-length']);
    const store = typeof storeName === 'string' && storeName !== '' ? storeName : undefined;
    try {
      await this.commands.execute(new ReceiveData(imageIdOf(id), kind, request.raw, size, store, call));
    } finally {
      // What is left of refused data flows into nothing: many clients read the answer only after their last byte, and
      // the connection's next request stands behind it.
      request.raw.resume();
    }
    void reply.status(204).send();
  }

  /** Straight from the store to the socket; Fastify's own sending is not for streams of gigabytes. */
  private async send(data: OpenedData, request: FastifyRequest, reply: FastifyReply) {
    const { reader, size, checksum, range } = data;
    const length = range ? range.end - range.start + 1n : size;
    reply.hijack();
    for (const [name, value] of Object.entries(reply.getHeaders())) {
      if (value !== undefined) reply.raw.setHeader(name, value);
    }
    reply.raw.writeHead(range ? 206 : 200, {
      'content-type': 'application/octet-stream',
      'content-length': length.toString(),
      'accept-ranges': 'bytes',
      ...(checksum !== null && { 'content-md5': checksum }),
      ...(range && { 'content-range': `bytes ${range.start}-${range.end}/${size}` }),
    });
    // A location on the web may hold more by now, or less. More would be read as the connection's next answer.
    reply.raw.strictContentLength = true;
    const transfer = this.transfers.begin();
    transfer.signal.addEventListener('abort', () => reply.raw.destroy());
    const download = this.accesses.began(request, reply, data);
    try {
      await reader.each(async (chunk) => {
        await written(reply.raw, chunk);
        download.bytes += BigInt(chunk.length);
      });
      reply.raw.end();
      download.end('complete');
      this.metrics.countBytes('out', length);
    } catch (error) {
      this.logger.warn({ err: error, request_id: request.id }, 'a download ended early');
      download.end(error instanceof ClientGone && !transfer.signal.aborted ? 'aborted' : 'failed');
      reply.raw.destroy();
    } finally {
      transfer.done();
      await reader.close();
    }
  }
}

class ClientGone extends Error {
  override readonly name = 'ClientGone';
}

/** Resolves when the kernel has taken the chunk; rejects when the client has gone. */
function written(answer: ServerResponse, chunk: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    const gone = (cause?: Error) => reject(new ClientGone('the client closed the connection', { cause }));
    const closed = () => gone();
    if (answer.destroyed || answer.closed) {
      gone();
      return;
    }
    answer.once('close', closed);
    answer.write(chunk, (error) => {
      answer.off('close', closed);
      if (error) gone(error);
      else resolve();
    });
  });
}

function announcedSize(header: string | string[] | undefined): bigint | undefined {
  if (header === undefined) return undefined;
  if (typeof header !== 'string' || !/^\d{1,19}$/.test(header)) {
    throw badRequest('The size of the image data must be a number of bytes.');
  }
  return BigInt(header);
}
