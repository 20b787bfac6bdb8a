// Keeping: what the server has not acknowledged when the page goes, kept in the tab until the page is back.

const KEY = "layerloom.unsent";

/** Keep the operations of one document; without any nothing is kept. */
export function keep({ document, client, number, pending }) {
  try {
    if (!pending.length) sessionStorage.removeItem(KEY);
    else sessionStorage.setItem(KEY, JSON.stringify({ document, client, number, pending }));
  } catch {
    // storage may be closed to this page: what was sent then is all there is
  }
}

/** What was kept of this document, once; null when there is nothing. */
export function takeKept(document) {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEY));
    if (kept?.document !== document) return null;
    sessionStorage.removeItem(KEY);
    return kept;
  } catch {
    return null;
  }
}
