import { types } from 'node:util';
import { TestEnvironment } from 'jest-environment-node';

/**
 * Jest runs specs in a realm of its own, where an error that Node made is no `instanceof Error`. In production there is
 * one realm, so the difference is taken away here and not guarded against in the code.
 */
export default class OneErrorEnvironment extends TestEnvironment {
  override async setup(): Promise<void> {
    await super.setup();
    const realmError = this.global.Error;
    const inherited = Function.prototype[Symbol.hasInstance];
    Object.defineProperty(realmError, Symbol.hasInstance, {
      value: function (this: unknown, candidate: unknown): boolean {
        return inherited.call(this as () => void, candidate) || (this === realmError && types.isNativeError(candidate));
      },
    });
  }
}
