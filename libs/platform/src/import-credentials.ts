import type { WorkQueue } from '#catalog';
import type { Statement } from '#event-store';
import { openCredential, sealCredential, type Credential, type Delegation } from '#identity';

/**
 * The rights of whoever asked for an import, while a worker needs them: sealed in the row of the work, which ends with the
 * import, and nowhere else (docs/adr/0018).
 */
export class ImportCredentials {
  constructor(
    private readonly work: WorkQueue,
    private readonly delegation: Delegation,
  ) {}

  /** To be run in the append that requests the import. */
  async keep(imageId: string, task: string, credential: Credential): Promise<Statement> {
    const sealed = sealCredential(await this.delegation.sealingKey(), purposeOf(imageId, task), credential);
    return this.work.credentialStatement(imageId, task, sealed);
  }

  /** Headers that act for whoever asked; undefined when his rights are not known any more. @throws IdentityError unavailable */
  async headers(imageId: string, task: string): Promise<Record<string, string> | undefined> {
    const sealed = await this.work.credential(imageId, task);
    const credential = sealed && openCredential(await this.delegation.sealingKey(), purposeOf(imageId, task), sealed);
    if (!credential) return undefined;
    const { token, expiresAt } = credential;
    if (expiresAt.getTime() > Date.now()) return { 'x-auth-token': token };
    // A service makes an expired token good for as long as the identity allows: the import may have waited for hours.
    return { 'x-auth-token': token, 'x-service-token': await this.delegation.serviceToken() };
  }
}

const purposeOf = (imageId: string, task: string) => `import ${task} of ${imageId}`;
