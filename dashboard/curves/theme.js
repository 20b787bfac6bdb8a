// Theme: the colours and faces of Streamlit's theme as a canvas needs them.

const NAMES = ["ink", "quiet", "paper", "rule", "train", "validation", "mark", "ghost", "danger"];

/** What the drawing needs to know of the style sheet, read anew when the theme changes. */
export function readTheme(root, probe) {
  const colours = {};
  root.dataset.theme = isDark(getComputedStyle(root).backgroundColor) ? "dark" : "light";
  for (const name of NAMES) {
    probe.style.color = `var(--${name})`;
    colours[name] = getComputedStyle(probe).color;
  }
  root.style.setProperty("--on-accent", isDark(colours.train, 0.3) ? "#fff" : "#10131c");
  const { fontFamily, fontSize } = getComputedStyle(root);
  probe.style.fontFamily = "var(--mono)";
  const mono = getComputedStyle(probe).fontFamily;
  const size = Math.max(10.5, parseFloat(fontSize) * 0.82);
  const faces = { text: `${size}px ${fontFamily}`, bold: `600 ${size}px ${fontFamily}`, mono: `${size}px ${mono}` };
  return { ...colours, ...faces, size, widthOf: measurer(faces.mono) };
}

/** How wide a text is in a face; each text is measured once. */
function measurer(face) {
  const pen = document.createElement("canvas").getContext("2d");
  pen.font = face;
  const widths = new Map();
  return (text) => {
    if (!widths.has(text)) widths.set(text, pen.measureText(text).width);
    return widths.get(text);
  };
}

/** Whether a computed colour is darker than a relative luminance. */
function isDark(colour, limit = 0.2) {
  const parts = colour.match(/[\d.]+/g)?.slice(0, 3).map(Number) ?? [255, 255, 255];
  const scaled = colour.startsWith("color(") ? parts : parts.map((part) => part / 255);
  const [r, g, b] = scaled.map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b < limit;
}
