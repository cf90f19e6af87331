import { Module, type DynamicModule } from '@nestjs/common';
import { BuiltinIdentity } from '#identity';
import { PublicUrl } from '../service/public-url.js';
import { DirectoryController } from './directory.controller.js';
import { IdentityVersionController } from './identity-version.controller.js';
import { TokensController } from './tokens.controller.js';

/** The built-in identity as a small Keystone v3 under /identity. */
@Module({})
export class IdentityModule {
  static forRoot(identity: BuiltinIdentity): DynamicModule {
    return {
      module: IdentityModule,
      controllers: [IdentityVersionController, TokensController, DirectoryController],
      providers: [PublicUrl, { provide: BuiltinIdentity, useValue: identity }],
    };
  }
}
