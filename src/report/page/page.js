// What the page can do beyond being read: move through an interpolation, and see
// the images on a map.
// Without it every strip is there to be seen; nothing is loaded from anywhere.
"use strict";

for (const viewer of document.querySelectorAll(".viewer")) {
  const section = viewer.closest("section");
  const pairs = [...section.querySelectorAll(".pair")];
  const select = viewer.querySelector("select");
  const range = viewer.querySelector("input");
  const output = viewer.querySelector("output");
  const frames = viewer.querySelector(".frames");
  const last = Number(range.max);
  let shown = [];

  // The frames of a pair: a canvas for each of its strips.
  function choose() {
    pairs.forEach((pair, place) => { pair.hidden = place !== Number(select.value); });
    const strips = pairs[Number(select.value)].querySelectorAll(".strip");
    shown = [...strips].map((strip) => {
      const image = strip.querySelector("img");
      const label = strip.querySelector("b").cloneNode(true);
      const says = document.createElement("small");
      const canvas = document.createElement("canvas");
      canvas.height = Number(image.getAttribute("height"));
      canvas.width = Number(image.getAttribute("width")) / (last + 1);
      canvas.setAttribute("role", "img");
      const frame = document.createElement("div");
      frame.className = "frame";
      frame.append(canvas, label, says);
      const words = strip.querySelector(".frames-of").dataset.says.split("|");
      return { frame, canvas, image, words, says, name: label.textContent };
    });
    frames.style.setProperty("--frames", shown.length);
    frames.replaceChildren(...shown.map((one) => one.frame));
    move();
    for (const { image } of shown) {
      if (!image.complete) image.addEventListener("load", move, { once: true });
    }
  }

  // Everything to the point that the slider says.
  function move() {
    const at = Number(range.value);
    const alpha = (at / last).toFixed(2);
    output.textContent = alpha;
    range.setAttribute("aria-valuetext", `α = ${alpha}`);
    section.style.setProperty("--at", at);
    section.style.setProperty("--points", last + 1);
    for (const { canvas, image, words, says, name } of shown) {
      const { width, height } = canvas;
      canvas.getContext("2d").drawImage(image, at * width, 0, width, height, 0, 0, width, height);
      canvas.setAttribute("aria-label", `${name} at α = ${alpha}`);
      says.textContent = words[at] ?? "";
    }
    for (const chart of section.querySelectorAll(".pair:not([hidden]) .chart")) {
      const [left, right] = [Number(chart.dataset.left), Number(chart.dataset.right)];
      const x = left + (right - left) * (at / last);
      chart.querySelector(".marker").setAttribute("transform", `translate(${x} 0)`);
    }
  }

  // A strip is a slider too, for those who point.
  function drag(event) {
    const strip = event.target.closest(".frames-of");
    if (!strip || (event.type === "pointermove" && event.buttons === 0)) return;
    const { left, width } = strip.getBoundingClientRect();
    const at = Math.floor(((event.clientX - left) / width) * (last + 1));
    range.value = String(Math.min(last, Math.max(0, at)));
    move();
  }

  select.addEventListener("change", choose);
  range.addEventListener("input", move);
  section.addEventListener("pointerdown", drag);
  section.addEventListener("pointermove", drag);
  viewer.hidden = false;
  section.classList.add("live");
  choose();
}

for (const sheet of document.querySelectorAll(".sheet")) {
  const section = sheet.closest("section");
  const told = section.querySelector(".told");
  const { across, width, height, classes, images } = sheet.dataset;
  const names = classes.split("|");
  const shown = images.split(" ").map((one) => {
    const [image, label] = one.split(",");
    return `test image ${image}, class ${names[label]}`;
  });
  const maps = [...section.querySelectorAll(".map")].map((map) => {
    const points = map.dataset.points.split(" ");
    return { map, points: points.map((one) => (one === "-" ? null : one.split(",").map(Number))) };
  });
  let chosen = null;

  // Its ring on every map, and its image on the one that is pointed at.
  function choose(place, here) {
    chosen = place;
    for (const one of maps) {
      const at = place === null ? null : one.points[place];
      const [x, y] = at ?? [-99, -99];
      one.ring.setAttribute("cx", x);
      one.ring.setAttribute("cy", y);
      one.tip.hidden = !(at && one === here);
      if (!one.tip.hidden) tip(one, at, place);
    }
  }

  function tip({ map, tip, canvas, words }, [x, y], place) {
    const [left, top] = [(place % across) * width, Math.floor(place / across) * height];
    canvas.getContext("2d").drawImage(sheet, left, top, width, height, 0, 0, width, height);
    words.textContent = shown[place];
    // Beside the point, on the side where there is room.
    const scale = map.clientWidth / 1000;
    const right = x * scale + 14 + tip.offsetWidth <= map.clientWidth;
    tip.style.left = `${right ? x * scale + 14 : x * scale - 14 - tip.offsetWidth}px`;
    const lowest = map.clientHeight - tip.offsetHeight;
    tip.style.top = `${Math.max(0, Math.min(lowest, y * scale - tip.offsetHeight / 2))}px`;
  }

  function nearest({ points }, cost) {
    let [best, least] = [null, Infinity];
    points.forEach((point, place) => {
      const here = point ? cost(point, place) : Infinity;
      if (here < least) [best, least] = [place, here];
    });
    return best;
  }

  function point(one, event) {
    const { left, top, width: size } = one.map.getBoundingClientRect();
    const [x, y] = [event.clientX - left, event.clientY - top].map((side) => (side / size) * 1000);
    choose(nearest(one, ([u, v]) => (u - x) ** 2 + (v - y) ** 2), one);
  }

  // To the nearest image in the direction of the key.
  function walk(one, event) {
    const ways = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const way = ways[event.key];
    if (event.key === "Escape") return choose(null, one);
    if (!way) return;
    event.preventDefault();
    const from = one.points[chosen] ?? null;
    const next = from === null ? nearest(one, (_, place) => place) : nearest(one, ([u, v], place) => {
      const along = (u - from[0]) * way[0] + (v - from[1]) * way[1];
      const aside = Math.abs((u - from[0]) * way[1]) + Math.abs((v - from[1]) * way[0]);
      return place === chosen || along <= 0 || aside > along ? Infinity : along + aside;
    });
    if (next === null) return;
    choose(next, one);
    told.textContent = shown[next];
  }

  for (const one of maps) {
    one.ring = one.map.querySelector(".ring");
    one.canvas = Object.assign(document.createElement("canvas"), { width, height });
    one.words = document.createElement("span");
    one.tip = Object.assign(document.createElement("div"), { className: "tip", hidden: true });
    one.tip.append(one.canvas, one.words);
    one.tip.setAttribute("aria-hidden", "true");
    one.map.append(one.tip);
    one.map.tabIndex = 0;
    one.map.setAttribute("role", "application");
    const name = one.map.closest("figure").querySelector("figcaption b").textContent;
    one.map.setAttribute("aria-label", `Map of ${name}: arrow keys walk from image to image`);
    one.map.addEventListener("pointerdown", (event) => point(one, event));
    one.map.addEventListener("pointermove", (event) => point(one, event));
    one.map.addEventListener("pointerleave", () => choose(null, one));
    one.map.addEventListener("keydown", (event) => walk(one, event));
    one.map.addEventListener("blur", () => choose(null, one));
  }
}
