/** How inspect and discover show a token: for people, or for programs. */
export const documentFormats = ['text', 'json', 'yaml'] as const;

/** One of {@link documentFormats}. */
export type DocumentFormat = (typeof documentFormats)[number];
