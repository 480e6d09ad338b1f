// Reports to look at, and a browser to look at them in.

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

import { chromium } from "playwright-core";

const here = path.dirname(fileURLToPath(import.meta.url));
// A folder named by `REPORTS` is kept, and what has run in it does not run again.
const kept = process.env.REPORTS;
const folder = kept ?? mkdtempSync(path.join(tmpdir(), "acai-pipe-report-"));
const program = path.resolve(here, "../..", process.env.ACAI_PIPE ?? "target/debug/acai-pipe");

function acai(cache, ...words) {
  const env = { ...process.env, ACAI_CACHE: path.join(folder, cache) };
  return execFileSync(program, words, { cwd: here, env });
}

/** The report of `tiny.ron` before and after it has run. */
export function reports() {
  const [empty, whole] = ["empty.html", "whole.html"].map((name) => path.join(folder, name));
  acai("nothing", "-q", "report", "tiny.ron", "-o", empty);
  acai("cache", "-q", "run", "tiny.ron", "--no-lock");
  acai("cache", "-q", "report", "tiny.ron", "-o", whole);
  return { empty, whole };
}

export function tidy() {
  if (!kept) rmSync(folder, { recursive: true });
}

export function launch() {
  const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
  return chromium.launch({ executablePath, args: ["--no-sandbox"] });
}

/** The file in a page of its own; what it asks for and complains of is noted. */
export async function open(browser, file, { width = 1280, ...more } = {}) {
  const context = await browser.newContext({ viewport: { width, height: 900 }, ...more });
  const page = await context.newPage();
  const [asked, complaints] = [[], []];
  await context.route("**", (route) => {
    const url = route.request().url();
    if (url === pathToFileURL(file).href) return route.continue();
    asked.push(url);
    return route.abort();
  });
  page.on("console", (message) => complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("dialog", (dialog) => { complaints.push(dialog.message()); dialog.dismiss(); });
  const start = performance.now();
  await page.goto(pathToFileURL(file).href, { waitUntil: "load" });
  return { page, context, asked, complaints, took: performance.now() - start };
}
