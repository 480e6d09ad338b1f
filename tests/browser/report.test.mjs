// The report as its readers meet it: with a mouse, with keys, with a screen
// reader, without scripts, on a phone, in the dark.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { readFileSync, statSync } from "node:fs";
import { after, before, test } from "node:test";

import { launch, open, reports, tidy } from "./pages.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

let browser;
let files;

before(async () => {
  files = reports();
  browser = await launch();
});

after(async () => {
  await browser?.close();
  tidy();
});

/** What the canvases of the frames show. */
const pixels = (page) => page.$$eval(".frame canvas", (all) => all.map((one) => one.toDataURL()));

const at = (page) => page.locator(".alpha output").textContent();

test("nothing is asked of the network and nothing is complained of", async () => {
  for (const file of Object.values(files)) {
    const { page, context, asked, complaints, took } = await open(browser, file);
    assert.deepEqual({ asked, complaints }, { asked: [], complaints: [] });
    assert.equal(await page.locator("h1").textContent(), "tiny");
    console.log(`${statSync(file).size} bytes, loaded in ${Math.round(took)} ms`);
    await context.close();
  }
});

test("what a file says is text, whatever it looks like", async () => {
  const { page, context } = await open(browser, files.whole);
  const question = 'Is </script><script>alert("no")</script> & <b>this</b> shown as it is written?';
  assert.equal(await page.locator(".lede").textContent(), question);
  assert.ok((await page.locator("pre").textContent()).includes(question));
  assert.equal(await page.locator("script").count(), 1);
  await context.close();
});

test("the slider moves the frames, the strips' mark and the charts' marker", async () => {
  const { page, context } = await open(browser, files.whole);
  const mark = () => page.$eval(".pair:not([hidden]) .frames-of", (strip) =>
    getComputedStyle(strip, "::after").left);
  const marker = () => page.$eval(".pair:not([hidden]) .marker", (line) =>
    line.getBoundingClientRect().left);
  const first = [await pixels(page), await mark(), await marker(), await at(page)];
  assert.equal(first[0].length, 4, "the ideal and three variants");
  await page.locator(".alpha input").fill("15");
  const second = [await pixels(page), await mark(), await marker(), await at(page)];
  assert.equal(second[3], "1.00");
  first[0].forEach((frame, place) => assert.notEqual(frame, second[0][place], `frame ${place}`));
  assert.notEqual(first[1], second[1]);
  assert.ok(second[2] > first[2]);
  await context.close();
});

test("a frame is the part of its strip that the slider says", async () => {
  const { page, context } = await open(browser, files.whole);
  await page.locator(".alpha input").fill("3");
  const isSame = await page.evaluate(() => {
    const strips = document.querySelectorAll(".pair:not([hidden]) .frames-of img");
    return [...document.querySelectorAll(".frame canvas")].map((canvas, place) => {
      const part = document.createElement("canvas");
      [part.width, part.height] = [32, 32];
      part.getContext("2d").drawImage(strips[place], -3 * 32, 0);
      return part.toDataURL() === canvas.toDataURL();
    });
  });
  assert.deepEqual(isSame, [true, true, true, true]);
  await context.close();
});

test("a strip can be pointed at, and another pair chosen", async () => {
  const { page, context } = await open(browser, files.whole);
  const strip = page.locator(".pair:not([hidden]) .frames-of").first();
  const { width } = await strip.boundingBox();
  await strip.click({ position: { x: width * (2.5 / 16), y: 4 } });
  assert.equal(await at(page), "0.13");
  const before = await pixels(page);
  await page.locator(".controls select").selectOption({ index: 2 });
  assert.equal(await page.locator(".pair:visible").count(), 1);
  assert.match(await page.locator(".pair:visible h3").textContent(), /^Pair 2/);
  assert.notDeepEqual(await pixels(page), before);
  await context.close();
});

test("keys reach the slider and the maps, and move both", async () => {
  const { page, context } = await open(browser, files.whole);
  const reached = new Set();
  for (let presses = 0; presses < 40; presses += 1) {
    await page.keyboard.press("Tab");
    const what = await page.evaluate(() => document.activeElement.type ?? document.activeElement.className);
    const isNew = !reached.has(what);
    reached.add(what);
    if (what === "range" && isNew) {
      const before = await pixels(page);
      await page.keyboard.press("ArrowRight");
      assert.equal(await at(page), "0.53");
      assert.notDeepEqual(await pixels(page), before);
      await page.keyboard.press("Home");
      assert.equal(await at(page), "0.00");
    }
    if (what === "map" && isNew) {
      const told = page.locator(".told");
      await page.keyboard.press("ArrowRight");
      const first = await told.textContent();
      assert.match(first, /^test image \d+, class \d$/);
      assert.equal(await page.locator(".tip:visible").count(), 1);
      for (const key of ["ArrowRight", "ArrowDown", "ArrowLeft", "ArrowUp"]) await page.keyboard.press(key);
      assert.notEqual(await told.textContent(), first);
      await page.keyboard.press("Escape");
      assert.equal(await page.locator(".tip:visible").count(), 0);
    }
  }
  for (const what of ["select-one", "range", "map", "scroll"]) assert.ok(reached.has(what), what);
  await context.close();
});

test("a map shows the image under the pointer, and where it lies on the others", async () => {
  const { page, context } = await open(browser, files.whole);
  const maps = page.locator(".map");
  assert.equal(await maps.count(), 3);
  await maps.first().hover({ position: { x: 80, y: 90 } });
  assert.equal(await page.locator(".tip:visible").count(), 1);
  const inked = await page.$eval(".tip:not([hidden]) canvas", (canvas) => {
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    return data.some((value, place) => place % 4 === 0 && value > 128);
  });
  assert.ok(inked, "a line is to be seen");
  const rings = await page.$$eval(".ring", (all) => all.map((ring) => Number(ring.getAttribute("cx"))));
  assert.ok(rings.every((x) => x >= 0), `${rings}`);
  await context.close();
});

test("without scripts every strip, chart and map is there", async () => {
  const { page, context, complaints } = await open(browser, files.whole, { javaScriptEnabled: false });
  assert.equal(await page.locator(".viewer:visible").count(), 0);
  const pairs = await page.locator(".pair").count();
  assert.ok(pairs >= 6, `${pairs} pairs`);
  assert.equal(await page.locator(".pair:visible").count(), pairs);
  assert.equal(await page.locator(".frames-of img:visible").count(), 4 * pairs);
  assert.ok((await page.locator(".chart:visible").count()) > 2 * pairs);
  assert.equal(await page.locator(".map svg:visible").count(), 3);
  assert.deepEqual(complaints, []);
  await context.close();
});

for (const [name, file] of [["whole", () => files.whole], ["empty", () => files.empty]]) {
  for (const colorScheme of ["light", "dark"]) {
    for (const width of [1280, 400]) {
      test(`axe finds nothing in the ${name} report: ${colorScheme}, ${width} pixels`, async () => {
        const { page, context } = await open(browser, file(), { width, colorScheme });
        const [wide, paper] = await page.evaluate(() => [
          document.documentElement.scrollWidth,
          getComputedStyle(document.documentElement).backgroundColor,
        ]);
        assert.ok(wide <= width, `the page is ${wide} pixels wide`);
        assert.equal(paper, colorScheme === "dark" ? "rgb(22, 23, 26)" : "rgb(253, 253, 251)");
        // The page's own policy forbids to add a script, so it is evaluated.
        await page.evaluate(axe);
        const { violations, passes } = await page.evaluate(() => window.axe.run());
        const told = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join("\n")}`);
        assert.deepEqual(told, []);
        for (const rule of ["color-contrast", "document-title", "region"]) {
          assert.ok(passes.some((pass) => pass.id === rule), `${rule} was looked at`);
        }
        await context.close();
      });
    }
  }
}

test("pictures have words in their place", async () => {
  const { page, context } = await open(browser, files.whole);
  const alts = await page.$$eval(".frames-of img", (all) => all.map((image) => image.alt));
  assert.match(alts[0], /^16 images of a line that turns evenly$/);
  assert.match(alts[1], /^16 decoded images of baseline, mean distance [\d.]+$/);
  const charts = await page.$$eval("svg[role=img]", (all) => all.map((svg) => svg.getAttribute("aria-label")));
  assert.ok(charts.length > 10 && charts.every((label) => label?.length > 10));
  await context.close();
});
