import { request, type Agent } from 'undici';
import { bareHost, ForbiddenSource, parseSource, type DownloadRules } from './address-guard.js';
import { guardedAgent } from './web-source.js';

export interface WebReceiverOptions extends DownloadRules {
  /** for connecting, and for the answer */
  readonly timeoutSeconds: number;
}

/** bytes of an answer that are read so that its connection can be used again */
const mostAnswer = 64 << 10;

/** A web server that is sent things, under the rules of downloads. Redirects are answers: nothing is sent elsewhere. */
export class WebReceiver {
  private readonly agent: Agent;

  constructor(private readonly options: WebReceiverOptions) {
    this.agent = guardedAgent(options);
  }

  /** undefined when it was taken (2xx), or why it was not; the text holds nothing of the URL but its host. */
  async post(
    uri: string,
    body: string,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    let host = 'The receiver';
    const late = AbortSignal.timeout(this.options.timeoutSeconds * 1000);
    try {
      const url = parseSource(uri, this.options);
      host = bareHost(url);
      const within = AbortSignal.any([signal, late]);
      const options = { method: 'POST', body, signal: within, dispatcher: this.agent } as const;
      const answer = await request(url, { ...options, headers: { 'user-agent': 'vitrine', ...headers } });
      await answer.body.dump({ limit: mostAnswer, signal: within }).catch(() => undefined);
      const { statusCode: status } = answer;
      return status >= 200 && status < 300 ? undefined : `The receiver answered ${status}.`;
    } catch (error) {
      if (error instanceof ForbiddenSource) return error.message;
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown failure';
      // The agent's own limits are as long.
      if (late.aborted || /^UND_ERR_\w+_TIMEOUT$/.test(code)) {
        return `${host} did not answer within ${this.options.timeoutSeconds} s.`;
      }
      return `${host} could not be reached: ${code}`;
    }
  }

  close(): Promise<void> {
    return this.agent.destroy();
  }
}
