// Looking: the epoch that all pictures of a page show: the one that the curves' slider stands on.

/** The epoch looked at: what the slider says in this page, otherwise what the server knew when it made it. */
export function lookedAt({ run, epoch }) {
  const told = window.layerloomLooked;
  return (told?.run === run ? told.epoch : epoch) ?? Infinity;
}

/** Tell all pictures of the page at once: it needs no way over the server. */
export function look(run, epoch) {
  const told = window.layerloomLooked;
  if (told?.run === run && told?.epoch === epoch) return;
  window.layerloomLooked = { run, epoch };
  window.dispatchEvent(new CustomEvent("layerloom:looked", { detail: window.layerloomLooked }));
}
