/** Carry out one attempt of an image's import. */
export interface ImportJob {
  readonly imageId: string;
  /** UUID of the import */
  readonly task: string;
  /** 1 for the first; a claim of another number is refused */
  readonly attempt: number;
}

/** Remove the objects of an image that nothing needs any more. */
export interface PurgeJob {
  readonly imageId: string;
  /** of the image's stream, when the objects became superfluous */
  readonly version: number;
}

/** Queue → payload. */
export interface JobPayloads {
  readonly imports: ImportJob;
  readonly purges: PurgeJob;
}
export type QueueName = keyof JobPayloads;

/** The same work has the same id, so that it is queued once however often it is asked for. No `:`, not only digits: BullMQ. */
export const jobIds: { readonly [Name in QueueName]: (job: JobPayloads[Name]) => string } = {
  imports: ({ imageId, task, attempt }) => `import-${imageId}-${task.slice(0, 8)}-${attempt}`,
  purges: ({ imageId, version }) => `purge-${imageId}-${version}`,
};
