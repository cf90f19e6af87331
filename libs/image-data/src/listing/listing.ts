/** An image as a listing names it; null for what it does not say. */
export interface ListedImage {
  readonly name: string;
  readonly url: string;
  /** `sha256:…`, as items of bulk imports have it */
  readonly checksum: string | null;
  /** as it is said, or as the name of the file suggests */
  readonly diskFormat: string | null;
  /** what is deduced yields to what whoever asks says of all */
  readonly isDiskFormatSaid: boolean;
  /** as the Image API calls it: x86_64, aarch64 … */
  readonly architecture: string | null;
  readonly properties: Readonly<Record<string, string>>;
  /** bytes */
  readonly size: number | null;
  /** told by image services only */
  readonly more?: {
    readonly containerFormat: string | null;
    readonly visibility: string;
    readonly isProtected: boolean;
    readonly minDisk: number;
    readonly minRam: number;
    readonly tags: readonly string[];
  };
}

/** An entry that cannot be used, and why. */
export interface UnusableEntry {
  readonly name: string;
  readonly problem: string;
}

export type Listed = ListedImage | UnusableEntry;

export const isUsable = (entry: Listed): entry is ListedImage => !('problem' in entry);

/** The text of a document, read under the rules. @throws ListingError */
export type Fetch = (url: string) => Promise<string>;

/**
 * A document that should have told what images there are did not. `mayPass`: the server's fault, perhaps over later. Neither
 * text holds a credential.
 */
export class ListingError extends Error {
  constructor(
    /** its URL without query */
    readonly document: string,
    readonly problem: string,
    readonly mayPass = false,
  ) {
    super(`${document} cannot be used: ${problem}`);
    this.name = 'ListingError';
  }
}

/** Of a URL as it may be told: its query may hold a signature, and what is before the host a password. */
export function documentName(url: string): string {
  if (!URL.canParse(url)) return 'the address';
  const { protocol, host, pathname } = new URL(url);
  return /^https?:$/.test(protocol) ? `${protocol}//${host}${pathname}` : 'the address';
}

/** @throws ListingError */
export function parseJson(document: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ListingError(
      document,
      text.trim() === '' ? 'it is empty.' : 'it is not valid JSON, or not all of it came.',
    );
  }
}
