// What the page can do beyond being read: move through an interpolation.
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
