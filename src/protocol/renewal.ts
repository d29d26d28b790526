/** A cached token is handed out until this long before its end, in milliseconds: MSAL's own rule. */
export const renewalOffset = 5 * 60_000;
