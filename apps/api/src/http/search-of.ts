import type { FastifyRequest } from 'fastify';

/** The query string as it was sent: names may come several times, and their order is kept in links. */
export const searchOf = ({ url }: Pick<FastifyRequest, 'url'>): string => /\?(.*)$/s.exec(url)?.[1] ?? '';
