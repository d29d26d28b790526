import manifest from '../../package.json' with { type: 'json' };

/** The engine's version: the package's, and the module's. */
export const engineVersion: string = manifest.version;
