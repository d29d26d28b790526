/**
 * The page that a person sees in the browser when a sign-in has ended.
 * @param message one sentence; it may come from the service and is shown as text
 * @returns HTML
 */
export function signInPage(succeeded: boolean, message: string): string {
  const title = succeeded ? 'You are signed in' : 'The sign-in did not succeed';
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>
  :root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
  body { display: grid; place-items: center; min-height: 100vh; margin: 0; background: Canvas; color: CanvasText; }
  main { max-width: 34rem; padding: 2rem; border-left: 6px solid ${succeeded ? '#107c10' : '#c50f1f'}; overflow-wrap: anywhere; }
  h1 { margin: 0 0 .5rem; font-size: 1.5rem; }
  p { margin: .5rem 0 0; }
</style>
</head>
<body>
<main role="status">
<h1>${title}</h1>
<p>${escapeHtml(message)}</p>
<p>You can close this page and go back to where you started.</p>
</main>
</body>
</html>
`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
