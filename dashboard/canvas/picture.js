// Picture: the graph as an SVG or a PNG file that looks as it does on screen.

import { boundsOf } from "./geometry.js";
import { svg } from "./elements.js";

const MARGIN = 48; // room for edges that go around cards
const SCALE = 2; // pixels of the PNG per unit
const MOST_PIXELS = 16_000; // per side; what browsers can still draw
const KEPT = ["fill", "stroke", "stroke-width", "stroke-dasharray", "font-family", "font-size", "font-weight", "opacity", "text-anchor"];

/** Download the whole graph as it is drawn now; `format` is "svg" or "png". */
export async function savePicture(canvas, format) {
  const bounds = boundsOf([...canvas.graph.view.nodes.values()]);
  if (!bounds) return canvas.refuse(canvas.say("An empty graph has no picture; add a layer first."));
  const source = new XMLSerializer().serializeToString(pictureOf(canvas, bounds));
  const name = `${(canvas.graph.view.title || "graph").replace(/[^\p{L}\p{N}]+/gu, "-").toLowerCase()}.${format}`;
  const file = new Blob([source], { type: "image/svg+xml" });
  return download(format === "svg" ? file : await rastered(file, grown(bounds)), name);
}

/** The drawing as one self-contained SVG: a copy with every style written out. */
function pictureOf(canvas, bounds) {
  const { x, y, width, height } = grown(bounds);
  const paper = getComputedStyle(canvas.root).backgroundColor;
  const drawing = canvas.scene.nodeLayer.parentNode;
  const far = canvas.stage.classList.contains("far");
  canvas.stage.classList.remove("far");
  for (const state of ["selected", "current", "kin"]) canvas.scene.mark(state, []);
  const copy = canvas.scene.asWhole(() => styledCopy(drawing));
  canvas.showSelection();
  canvas.stage.classList.toggle("far", far);
  copy.removeAttribute("class");
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  copy.setAttribute("viewBox", `${x} ${y} ${width} ${height}`);
  copy.setAttribute("width", width);
  copy.setAttribute("height", height);
  copy.prepend(svg("rect", { x, y, width, height, fill: paper }));
  return copy;
}

function styledCopy(element) {
  const copy = element.cloneNode(false);
  const style = getComputedStyle(element);
  if (element.matches(".silhouette, .reach, .rubber, .wire, .port.in, .port.out")) return svg("g");
  for (const name of ["class", "style", "role", "id", "aria-label", "aria-selected", "data-id", "data-edge"]) copy.removeAttribute(name);
  for (const name of KEPT) copy.setAttribute(name, style.getPropertyValue(name));
  for (const child of element.childNodes) {
    copy.append(child.nodeType === Node.ELEMENT_NODE ? styledCopy(child) : child.cloneNode());
  }
  return copy;
}

const grown = ({ x, y, width, height }) => ({ x: x - MARGIN, y: y - MARGIN, width: width + 2 * MARGIN, height: height + 2 * MARGIN });

async function rastered(file, { width, height }) {
  const scale = Math.min(SCALE, MOST_PIXELS / width, MOST_PIXELS / height);
  const image = new Image();
  image.src = URL.createObjectURL(file);
  await image.decode();
  const paper = document.createElement("canvas");
  paper.width = Math.round(width * scale);
  paper.height = Math.round(height * scale);
  paper.getContext("2d").drawImage(image, 0, 0, paper.width, paper.height);
  URL.revokeObjectURL(image.src);
  return new Promise((resolve) => paper.toBlob(resolve, "image/png"));
}

function download(file, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
