/** How a preview can be printed. */
export const PREVIEW_FORMATS = ['tree', 'table', 'yaml', 'json', 'markdown'] as const;
export type PreviewFormat = (typeof PREVIEW_FORMATS)[number];

/**
 * What is asked of files: to render to standard output or in place, or to print a preview, without a format as suits where it goes.
 * `tellsFailed`: the exit code says whether a renewal failed. `tellsDue`: whether a Secret is due, or differs from the earlier plan in the
 * file `since`; `-`: on standard input.
 */
export type FilesTask =
  | { readonly inPlace: boolean; readonly tellsFailed?: boolean }
  | { readonly preview: PreviewFormat | undefined; readonly tellsDue?: boolean; readonly since?: string };

/** What is asked of `status`. `tellsLate`: the exit code says whether a Secret is late or over. */
export interface StatusTask {
  readonly paths: readonly string[];
  readonly isJson: boolean;
  readonly tellsLate: boolean;
}

/** Where a server listens. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** How `serve` was started. */
export interface ServeOptions {
  /** Absent: no TLS, by --insecure. */
  readonly certificates?: string;
  readonly address: Address;
  readonly healthAddress: Address;
  readonly maxTtlSeconds: number;
  readonly maxReceiveBytes: number;
  readonly policy?: string;
  readonly isDebug: boolean;
}
