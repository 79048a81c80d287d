// The files of which the lab's sites are made, besides their HTML: fonts, pictures, stylesheets and scripts. All are small,
// and take a browser next to no time.

import { readFileSync } from "node:fs";
import { deflateSync } from "node:zlib";
import { seeded } from "../tools/seeded.mjs";

export const font = (weight) => ({
  type: "font/woff2",
  body: readFileSync(new URL(`../node_modules/@fontsource/bitter/files/bitter-latin-${weight}-normal.woff2`, import.meta.url)),
});
export const sheet = (body) => ({ type: "text/css; charset=utf-8", body });
export const script = (body) => ({ type: "text/javascript; charset=utf-8", body });

/// A picture of so many pixels that no compression makes smaller: four of them a byte. Chromium takes a picture for no larger
/// than it has pixels when it looks for the largest (Largest Contentful Paint), and leaves out one with few bytes for its size.
export function picture(width, height, seed) {
  const random = seeded(seed);
  const row = 1 + width / 4;
  const pixels = Buffer.alloc(height * row);
  for (let at = 0; at < pixels.length; at += 1) pixels[at] = at % row === 0 ? 0 : random() * 256;
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  // Two bits a pixel, of grey.
  header.set([2, 0], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const body = Buffer.concat([signature, chunk("IHDR", header), chunk("IDAT", deflateSync(pixels)), chunk("IEND", Buffer.alloc(0))]);
  return { type: "image/png", body };
}

/// A chunk of a PNG: its length, its type, its data, and a checksum of both (Portable Network Graphics, 5.3).
function chunk(type, data) {
  const named = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const [length, checksum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  checksum.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, checksum]);
}

export function crc32(bytes) {
  let sum = ~0;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit += 1) sum = (sum >>> 1) ^ (sum & 1 ? 0xedb88320 : 0);
  }
  return ~sum >>> 0;
}
