/** Bytes of one slab of a ring: each of 256 KiB costs a tenth more CPU in wake-ups; what is read together stays in the caches. */
export const slabSize = 1 << 20;
export const slabCount = 4;

/** A ring's slabs, in order. */
export function slabsOf(ring: SharedArrayBuffer): Uint8Array[] {
  return Array.from({ length: slabCount }, (_, slab) => new Uint8Array(ring, slab * slabSize, slabSize));
}

export type ToDigestWorker =
  | { readonly do: 'open'; readonly stream: number; readonly ring: SharedArrayBuffer }
  | { readonly do: 'update'; readonly stream: number; readonly slab: number; readonly length: number }
  | { readonly do: 'finish' | 'drop'; readonly stream: number };

export type FromDigestWorker =
  | { readonly stream: number; readonly slab: number }
  | { readonly stream: number; readonly digest: string }
  | { readonly stream: number; readonly dropped: true };
