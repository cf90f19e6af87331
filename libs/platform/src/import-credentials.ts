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
    return this.work.credentialStatement([{ imageId, task, sealed }]);
  }

  /** The same for many imports with one token, whose end nobody here knows. */
  async keepForAll(
    imports: readonly { readonly id: string; readonly task: string }[],
    token: string,
  ): Promise<Statement> {
    const key = await this.delegation.sealingKey();
    const credential = { token, expiresAt: new Date(0) };
    return this.work.credentialStatement(
      imports.map(({ id, task }) => ({
        imageId: id,
        task,
        sealed: sealCredential(key, purposeOf(id, task), credential),
      })),
    );
  }

  /**
   * For a service that whoever asked has named himself: his token and nothing of Vitrine's beside it. undefined when it is not
   * known any more.
   */
  async given(imageId: string, task: string): Promise<Record<'x-auth-token', string> | undefined> {
    const credential = await this.credential(imageId, task);
    return credential && { 'x-auth-token': credential.token };
  }

  /** Headers that act for whoever asked, at an endpoint that the catalogue has; undefined when his rights are not known any more. @throws IdentityError unavailable */
  async headers(imageId: string, task: string): Promise<Record<string, string> | undefined> {
    const credential = await this.credential(imageId, task);
    if (!credential) return undefined;
    const { token, expiresAt } = credential;
    if (expiresAt.getTime() > Date.now()) return { 'x-auth-token': token };
    // A service makes an expired token good for as long as the identity allows: the import may have waited for hours.
    return { 'x-auth-token': token, 'x-service-token': await this.delegation.serviceToken() };
  }

  private async credential(imageId: string, task: string): Promise<Credential | undefined> {
    const sealed = await this.work.credential(imageId, task);
    return sealed && openCredential(await this.delegation.sealingKey(), purposeOf(imageId, task), sealed);
  }
}

const purposeOf = (imageId: string, task: string) => `import ${task} of ${imageId}`;
