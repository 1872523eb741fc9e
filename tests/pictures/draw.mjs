// Bodies → pictures: node draw.mjs BODIES.json FOLDER CHROMIUM. Run by `make pictures`, which puts it beside its packages.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import puppeteer from "puppeteer-core";
import upng from "upng-js";

const COLOURS = 128; // enough for flat areas and text, and half the bytes

const [bodies, folder, executablePath] = process.argv.slice(2);
const bundled = await build({
  entryPoints: ["page.jsx"],
  bundle: true,
  write: false,
  outdir: "made",
  minify: true,
  jsx: "automatic",
  loader: { ".woff2": "dataurl" },
  define: { "process.env.NODE_ENV": '"production"' },
});
const written = (ending) => bundled.outputFiles.find((file) => file.path.endsWith(ending)).text;

// Chromium's own sandbox cannot be had in most containers; the page is ours and reaches nothing.
const browser = await puppeteer.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
try {
  const page = await browser.newPage();
  await page.setRequestInterception(true);
  page.on("request", (request) => (/^(data|about|blob):/.test(request.url()) ? request.continue() : request.abort()));
  page.on("pageerror", (error) => {
    throw error;
  });
  await page.setViewport({ width: 900, height: 1400, deviceScaleFactor: 1.5 });
  await page.setContent('<!doctype html><html lang="en"><meta charset="utf-8"><body><div id="picture"></div></body></html>');
  await page.addStyleTag({ content: written(".css") });
  await page.addScriptTag({ content: written(".js") });
  for (const [name, body] of Object.entries(JSON.parse(readFileSync(bodies, "utf8")))) {
    await page.evaluate((shown) => window.draw(shown), body);
    await page.evaluate(async () => {
      await new Promise((done) => setTimeout(done, 400)); // components draw in steps of their own
      await document.fonts.load('16px "Twemoji"', document.body.innerText);
      await new Promise(requestAnimationFrame);
    });
    const clip = await page.evaluate(() => window.frame());
    const whole = upng.decode(await page.screenshot({ clip, captureBeyondViewport: true }));
    writeFileSync(
      join(folder, `${name}.png`),
      Buffer.from(upng.encode(upng.toRGBA8(whole), whole.width, whole.height, COLOURS)),
    );
  }
} finally {
  await browser.close();
}
