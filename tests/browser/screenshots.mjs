// Pictures of reports for the documentation:
//
//   node screenshots.mjs quickstart.html ../../docs/images/report-quickstart
//
// writes …-light.png and …-dark.png as a desk sees the page, and …-phone.png.
// `#ID` behind them takes the section of that name alone, such as `#sweep-models`.
// With pngquant on the machine they get a palette, and are a third as large.

import { spawnSync } from "node:child_process";
import { statSync } from "node:fs";
import path from "node:path";

import { launch, open, tidy } from "./pages.mjs";

const LOOKS = [
  { name: "light", width: 1280, height: 2200, colorScheme: "light" },
  { name: "dark", width: 1280, height: 2200, colorScheme: "dark" },
  { name: "phone", width: 400, height: 2200, colorScheme: "light" },
];

const [report, stem, ...rest] = process.argv.slice(2);
if (!stem) throw new Error("usage: node screenshots.mjs REPORT STEM [light|dark|phone …] [#SECTION]");
const section = rest.find((word) => word.startsWith("#"));
const only = rest.filter((word) => word !== section);

const browser = await launch();
for (const { name, width, height, colorScheme } of LOOKS) {
  if (only.length > 0 && !only.includes(name)) continue;
  const { page, context } = await open(browser, path.resolve(report), { width, colorScheme });
  // The pair whose paths are neither the best nor the worst, if it is there.
  const middle = page.locator(".controls option", { hasText: "in the middle" });
  if (await middle.count()) await page.locator(".controls select").selectOption(await middle.getAttribute("value"));
  const whole = await page.evaluate(() => document.documentElement.scrollHeight);
  const file = `${stem}-${name}.png`;
  const top = { x: 0, y: 0, width, height: Math.min(height, whole) };
  const clip = section ? await page.locator(section).boundingBox() : top;
  await page.screenshot({ path: file, fullPage: true, clip });
  spawnSync("pngquant", ["--force", "--output", file, "64", file]);
  console.log(`${file}: ${statSync(file).size} bytes`);
  await context.close();
}
await browser.close();
tidy();
