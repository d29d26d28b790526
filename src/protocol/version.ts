/**
 * The version of the wire between a host (the PowerShell module) and the engine: a whole number.
 * It goes up when a host of the older number could misread an answer or send what is no longer understood;
 * a new method or a new optional member leaves it as it is.
 */
export const protocolVersion = 1;
