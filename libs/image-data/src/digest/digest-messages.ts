export type ToDigestWorker =
  | { readonly do: 'open'; readonly stream: number; readonly slabs: readonly SharedArrayBuffer[] }
  | { readonly do: 'update'; readonly stream: number; readonly slab: number; readonly length: number }
  | { readonly do: 'finish' | 'drop'; readonly stream: number };

export type FromDigestWorker =
  { readonly stream: number; readonly slab: number } | { readonly stream: number; readonly digest: string };
