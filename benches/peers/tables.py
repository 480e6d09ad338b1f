"""Results as Markdown tables, between the markers of a page.

Every part has its markers, `<!-- measured: training -->` and `<!-- end of measured -->`; between
them stands a table for each file of results, one processor and instruction set each.

Knows nothing of how anything is measured.
"""

import re

from cases import SVHN
from processor import NAMES

LAYOUTS = {"plain": "PyTorch", "channels_last": "channels last"}


def number(value):
    """Three digits, and all before the point."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def range_of(values, show=number):
    """Median, and least to most."""
    least, median, most = values
    return f"{show(median)} ({show(least)}–{show(most)})"


def factor(values):
    return "**" + range_of(values, lambda value: f"{value:.2f}").replace(" (", "** (")


def seconds(value):
    if value < 0.1:
        return f"{1e3 * value:.1f} ms"
    return f"{value:.2f} s" if value < 10 else f"{value:.1f} s"


def table(head, rows):
    """The first column is words, the others are numbers."""
    rule = ["---", *["---:"] * (len(head) - 1)]
    return ["| " + " | ".join(row) + " |" for row in [head, rule, *rows]]


def rates_beside_torch(first, rows, name):
    layouts = [layout for layout in LAYOUTS if rows and layout in rows[0]]
    head = [*first, "ours", *[LAYOUTS[layout] for layout in layouts], "ours ÷ better"]
    body = [[*name(row), range_of(row["ours"]), *[range_of(row[layout]) for layout in layouts], factor(row["ratio"])] for row in rows]
    return table(head, body)


def training(rows):
    return rates_beside_torch(["net", "autoencoder"], rows, lambda row: [row["net"], row["method"]])


def inference(rows):
    stages = {"encode": "`Encode`", "interpolate": "`Interpolate`", "sample": "`Sample`"}
    return rates_beside_torch(["net", "stage"], rows, lambda row: [row["net"], stages[row["verb"]]])


def memory(rows):
    body = []
    for row in rows:
        least = min(row[layout] for layout in LAYOUTS)
        share = f"{row['ours'] / least:.2f}"
        body.append([row["net"], number(row["ours"]), *[number(row[layout]) for layout in LAYOUTS], f"**{share}**"])
    return table(["net", "ours, MiB", *[f"{name}, MiB" for name in LAYOUTS.values()], "ours ÷ less"], body)


def latents(rows):
    body = []
    for row in rows:
        for other, one in row["others"].items():
            body.append([row["name"], range_of(row["ours"], seconds), other, range_of(one["seconds"], seconds), factor(one["ratio"])])
    return table(["what", "ours", "beside", "takes", "theirs ÷ ours"], body)


def noop(rows):
    tools = ["ours", "make", "DVC", "Snakemake"]
    body = [[f"{row['instances']:,}", *[range_of(row[tool], seconds) if tool in row else "not asked" for tool in tools]] for row in rows]
    return table(["instances", *tools], body)


def curves(found):
    lines = []
    for axis, title in (
        ("threads", "ACAI on the lines net, by threads, images per second:"),
        ("batch", "The same by images per step:"),
        ("depth", "ACAI on nets for colour images with 256 values, by depth:"),
    ):
        if found[axis]:
            rows = rates_beside_torch([axis], found[axis], lambda row: [str(row[axis])])
            lines += [title, "", *rows, ""]
    lines += ["k-means with ten restarts on whitened latents of 64 values, by images:", ""]
    lines += latents(found["images"])
    lines += ["", "A run with nothing to do, by instances:", "", *noop(found["instances"])]
    return lines


def roofline(found):
    peak, body = found["peak"], []
    for layer in found["layers"]:
        kernel, side = layer["kernel"], layer["side"]
        cells = [f"{layer['net']}: {layer['inputs']} → {layer['outputs']}, {kernel}×{kernel}, at {side}×{side}"]
        cells.append(number(layer["passes"]["forward"]["flops"] / 1e9))
        cells.append(number(layer["passes"]["forward"]["bytes"] / 1e6))
        for name in ("forward", "input", "weight"):
            one = layer["passes"][name]
            cells += [f"{1e3 * one['seconds']:.2f}", f"{one['flops'] / one['seconds'] / 1e9:.0f}", f"{one['share']:.0%}"]
        body.append(cells)
    bandwidth = max(peak["read_gbytes"], peak["copy_gbytes"])
    head = ["layer", "GF", "MB", "forward, ms", "GF/s", "share", "input gradient, ms", "GF/s", "share", "weight gradient, ms", "GF/s", "share"]
    said = f"At most {peak['gflops']:.0f} GF/s and {bandwidth:.1f} GB/s were measured; depth {SVHN[1]}, latent {SVHN[2]}, 64 images."
    return [said, "", *table(head, body)]


RENDERERS = {
    "training": training,
    "inference": inference,
    "memory": memory,
    "latents": latents,
    "noop": noop,
    "curves": curves,
    "roofline": roofline,
}


def caption(result, part):
    processor, versions = result["processor"], result["parts"][part]["versions"]
    said = ", ".join(f"{name} {version}" for name, version in versions.items())
    return (
        f"**{processor['name']}** (family {processor['family']}, model {processor['model']}), "
        f"{NAMES[result['simd']]}, {result['parts'][part]['threads']} threads; {said}; {result['parts'][part]['date']}."
    )


def section(results, part):
    """The text between the markers of a part."""
    lines = []
    for result in results:
        if part in result["parts"]:
            lines += ["", caption(result, part), "", *RENDERERS[part](result["parts"][part]["rows"])]
    return "\n".join(lines or ["", "Not measured yet."]) + "\n\n"


def splice(page, results):
    """The page with every part's tables as these results have them."""
    for part in RENDERERS:
        pattern = re.compile(rf"(<!-- measured: {part} -->\n).*?(<!-- end of measured -->)", re.DOTALL)
        if not pattern.search(page):
            raise SystemExit(f"the page has no `<!-- measured: {part} -->` … `<!-- end of measured -->`")
        text = section(results, part)
        page = pattern.sub(lambda found: found[1] + text + found[2], page)
    return page
