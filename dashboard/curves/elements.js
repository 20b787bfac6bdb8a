// Elements: makes HTML elements and the bar's symbols.

const SYMBOLS = {
  restart: '<path d="M6 5v14"/><path class="full" d="M19 5.5 9 12l10 6.5z"/>',
  play: '<path class="full" d="M7 5l12 7-12 7z"/>',
  pause: '<path class="full" d="M7 5h3.4v14H7zM13.6 5H17v14h-3.4z"/>',
  stop: '<path class="full" d="M6.5 6.5h11v11h-11z"/>',
  replay: '<path d="M4.5 12a7.5 7.5 0 1 0 2.6-5.7M4.5 4.5v4h4"/>',
  curves: '<path d="M2 3v18h20"/><path d="M4.5 5c2 8 6 11.5 16 12.5"/><path stroke-dasharray="2 2" d="M6 3.5c2.5 7 6.5 9.5 14.5 10.3"/>',
  choices: '<path d="M4 8h9M18.5 8H20M4 16h1.5M11 16h9"/><circle cx="16" cy="8" r="2.3"/><circle cx="8" cy="16" r="2.3"/>',
};

/** An element with properties, children appended; a string child is text. */
export function html(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name === "class") made.className = value;
    else if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name in made && typeof value !== "string") made[name] = value;
    else made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

/** A symbol of the bar; the words for it are its button's. */
export function symbol(name) {
  const made = html("span", { class: "symbol", "aria-hidden": "true" });
  made.innerHTML = `<svg viewBox="0 0 24 24">${SYMBOLS[name]}</svg>`;
  return made;
}

/** Set a text only when it differs, so that nothing is laid out anew without need. */
export function put(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
