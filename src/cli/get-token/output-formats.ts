/** How tokens can be printed. */
export const outputFormats = ['token', 'json', 'yaml'] as const;

/** One of {@link outputFormats}. */
export type OutputFormat = (typeof outputFormats)[number];
