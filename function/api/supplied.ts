/** The parts of a Secret or ServiceAccount that are read. A value that is no string is a fault of the manifest. */
export interface SuppliedObject {
  readonly data?: Readonly<Record<string, unknown>>;
  readonly stringData?: Readonly<Record<string, unknown>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** What was found: by `objectKey` of the object; null when somebody looked and there is none. */
export type Supplied = ReadonlyMap<string, SuppliedObject | null>;
