/** Methods of `POST /v2/images/{id}/import` that this service has. */
export const importMethods = ['glance-direct', 'web-download', 'glance-download', 'copy-image'] as const;
