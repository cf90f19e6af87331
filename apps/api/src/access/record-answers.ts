import type { FastifyInstance } from 'fastify';
import type { AccessRecorder } from './access-recorder.js';

/** Before an answer is sent: whether its client still reads it or not, he was refused. Data is not sent through here. */
export function recordAnswers(fastify: FastifyInstance, recorder: AccessRecorder): void {
  fastify.addHook('onSend', (request, reply, payload, done) => {
    if (reply.statusCode !== 200) recorder.answered(request, reply);
    done(null, payload);
  });
}
