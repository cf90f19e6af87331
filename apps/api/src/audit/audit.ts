import { AuditController } from './audit.controller.js';
import { ListCheckpointsHandler } from './list-checkpoints.handler.js';
import { ShowProofHandler } from './show-proof.handler.js';
import { ShowSealKeyHandler } from './show-seal-key.handler.js';

/** The parts of the API that prove the log. */
export const audit = {
  controllers: [AuditController],
  handlers: [ListCheckpointsHandler, ShowProofHandler, ShowSealKeyHandler],
};
