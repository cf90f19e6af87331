/** Methods of `POST /v2/images/{id}/import` that this service has. */
export const importMethods = ['glance-direct', 'web-download', 'copy-image'] as const;
