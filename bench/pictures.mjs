// Pictures of a bench's figures, drawn by Vega-Lite as SVG: no browser, no canvas, the same file from the same figures.
// A bench hands over what to draw (a Vega-Lite specification with its values in it, kept in bench/results/*.json); the look
// of all of them is here. The ground is opaque, so that a picture reads the same on a light and on a dark page.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const PICTURES = fileURLToPath(new URL('../docs/pictures', import.meta.url));
const WIDTH = 640;
const HEIGHT = 260;
/** Told apart by people who do not see colours as most do (Okabe and Ito). */
export const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9'];
const COORDINATES = /\b(d|transform|[xy][12]?|width|height)="[^"]*"/g;
const INK = '#24292f';
const FAINT = '#d0d7de';

/** @typedef {{ name: string, alt: string, spec: object }} Picture `alt` says in words what it shows */

const LOOK = {
  background: '#ffffff',
  padding: 12,
  font: 'sans-serif',
  title: { anchor: 'start', color: INK, fontSize: 14, subtitleColor: INK, subtitleFontSize: 11, offset: 12 },
  axis: {
    labelColor: INK,
    titleColor: INK,
    gridColor: FAINT,
    domainColor: INK,
    tickColor: INK,
    titleFontWeight: 'normal',
  },
  legend: { labelColor: INK, titleColor: INK, orient: 'top', title: null, symbolType: 'stroke', labelLimit: 400 },
  view: { stroke: null },
  range: { category: COLOURS },
  rule: { color: INK },
  text: { color: INK },
};

/** The picture as an SVG text. @param {Picture} picture */
export async function drawn({ spec }) {
  const [vega, { compile }] = await Promise.all([import('vega'), import('vega-lite')]);
  const layout = 'vconcat' in spec || 'hconcat' in spec || 'facet' in spec ? {} : { width: WIDTH, height: HEIGHT };
  const { spec: compiled } = compile({ ...layout, ...spec, config: LOOK });
  const view = new vega.View(vega.parse(compiled), { renderer: 'none', logLevel: vega.Warn });
  try {
    return `${shortened(await view.toSVG())}\n`;
  } finally {
    view.finalize();
  }
}

/** Draws a report's pictures into a folder. @param {{ pictures?: Picture[] }} report */
export async function drawAll({ pictures = [] }, folder = PICTURES) {
  mkdirSync(folder, { recursive: true });
  for (const picture of pictures) writeFileSync(join(folder, `${picture.name}.svg`), await drawn(picture));
}

/** Coordinates to a tenth of a pixel: a third of the size, and nobody sees it. */
function shortened(svg) {
  return svg.replaceAll(COORDINATES, (text) =>
    text.replaceAll(/-?\d+\.\d{2,}/g, (number) => String(+(+number).toFixed(1))),
  );
}
