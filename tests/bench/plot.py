#!/usr/bin/env python3
"""Draws what `make bench-sweep` measured: plot.py FROM.csv TO.svg

Two panels: operations per second against connections (nothing pipelined), and against pipeline
depth (50 connections). A line goes through the medians of the rounds, the band around it from the
worst round to the best. The picture has no background of its own and takes its colours from the
reader's light or dark scheme. Python's standard library is all it needs.
"""

import csv
import math
import statistics
import sys
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 940, 440
TOP, BOTTOM = 72, 344  # of the plotting area
PANELS = [
    # curve, title, label of the axis, left and right edge
    ("connections", "One request at a time", "connections", 64, 376),
    ("pipeline", "50 connections, pipelined", "requests sent before reading", 508, 816),
]
# In the order in which they are drawn: what the reader came for lies on top.
SERVERS = [("null", "null server"), ("Redis", "Redis"), ("respool", "respool")]

STYLE = """
  text { font: 12px system-ui, sans-serif; fill: #57606a }
  .title { font-size: 14px; font-weight: 600; fill: #1f2328 }
  .grid { stroke: #d0d7de; stroke-width: 1 }
  .line { fill: none; stroke-width: 2.2; stroke-linejoin: round }
  .band { opacity: .16 }
  .name { font-weight: 600 }
  .respool { stroke: #bc4c00 } .respool-fill { fill: #bc4c00 }
  .Redis { stroke: #0969da } .Redis-fill { fill: #0969da }
  .null { stroke: #6e7781; stroke-dasharray: 5 4; stroke-width: 1.6 } .null-fill { fill: #6e7781 }
  @media (prefers-color-scheme: dark) {
    text { fill: #9198a1 } .title { fill: #f0f6fc } .grid { stroke: #3d444d }
    .respool { stroke: #ffa657 } .respool-fill { fill: #ffa657 }
    .Redis { stroke: #58a6ff } .Redis-fill { fill: #58a6ff }
    .null { stroke: #8b949e } .null-fill { fill: #8b949e }
  }
"""


def read(path):
    """The header line, and for (curve, server) the points: {at: [ops/s of each round]}."""
    with open(path, encoding="utf-8") as file:
        lines = file.read().splitlines()
    header = lines[0].lstrip("# ")
    curves = {}
    for row in csv.DictReader(lines[1:]):
        points = curves.setdefault((row["curve"], row["server"]), {})
        points.setdefault(int(row["at"]), []).append(float(row["ops_per_s"]))
    return header, curves


def steps(highest):
    """Round figures for about four lines of the grid, up to `highest` and the one above it."""
    raw = highest / 4
    power = 10 ** math.floor(math.log10(raw))
    step = next(m * power for m in (1, 2, 2.5, 5, 10) if m * power >= raw)
    return [step * i for i in range(math.ceil(highest / step) + 1)]


def in_words(figure):
    """1.5 M, 200 k."""
    for unit, name in ((1e6, " M"), (1e3, " k")):
        if figure >= unit:
            return f"{figure / unit:g}{name}"
    return f"{figure:g}"


def spread(places, distance):
    """Moves labels apart that would lie on each other; keeps their order from top to bottom."""
    order = sorted(range(len(places)), key=lambda i: places[i])
    for above, below in zip(order, order[1:]):
        places[below] = max(places[below], places[above] + distance)
    return places


def panel(curves, curve, title, axis, left, right):
    """One panel as SVG elements."""
    series = [(s, name, curves[curve, s]) for s, name in SERVERS if (curve, s) in curves]
    if not series:
        return []
    ats = sorted({at for _, _, points in series for at in points})
    # The null server's ceiling may lie so high that the others could not be told apart.
    highest = max(max(ops) for s, _, points in series if s != "null" for ops in points.values())
    grid = steps(highest)

    def x(at):
        low, high = math.log(ats[0]), math.log(ats[-1])
        return left + (right - left) * (math.log(at) - low) / ((high - low) or 1)

    def y(ops):
        return BOTTOM - (BOTTOM - TOP) * ops / grid[-1]

    out = [f'<text class="title" x="{left}" y="{TOP - 36}">{escape(title)}</text>']
    out.append(f'<text x="{left}" y="{TOP - 18}">operations per second (GET)</text>')
    for ops in grid:
        out.append(f'<path class="grid" d="M{left} {y(ops):.1f}H{right}"/>')
        out.append(
            f'<text x="{left - 8}" y="{y(ops) + 4:.1f}" text-anchor="end">{in_words(ops)}</text>'
        )
    for at in ats:
        out.append(
            f'<text x="{x(at):.1f}" y="{BOTTOM + 20}" text-anchor="middle">{in_words(at)}</text>'
        )
    out.append(
        f'<text x="{(left + right) / 2}" y="{BOTTOM + 42}" text-anchor="middle">{axis}</text>'
    )
    last = [statistics.median(points[max(points)]) for _, _, points in series]
    labels = spread([max(y(ops), TOP - 10) + 4 for ops in last], 15)
    for (server, name, points), ops, label in zip(series, last, labels):
        if ops > grid[-1]:
            name = f"{name.split()[0]} ↑ {in_words(float(f'{ops:.1e}'))}"
        rounds = sorted(points.items())
        upper = [f"{x(at):.1f} {y(max(ops)):.1f}" for at, ops in rounds]
        lower = [f"{x(at):.1f} {y(min(ops)):.1f}" for at, ops in reversed(rounds)]
        middle = [(x(at), y(statistics.median(ops))) for at, ops in rounds]
        fill = f"{server}-fill"
        if server != "null":
            out.append(f'<path class="band {fill}" d="M{"L".join(upper + lower)}Z"/>')
        line = "L".join(f"{px:.1f} {py:.1f}" for px, py in middle)
        out.append(f'<path class="line {server}" clip-path="url(#frame)" d="M{line}"/>')
        if server != "null":
            out += [f'<circle class="{fill}" cx="{a:.1f}" cy="{b:.1f}" r="3"/>' for a, b in middle]
        out.append(f'<text class="name {fill}" x="{right + 10}" y="{label:.1f}">{name}</text>')
    return out


def main():
    """Reads the one file and writes the other."""
    if len(sys.argv) != 3:
        sys.exit("usage: plot.py FROM.csv TO.svg")
    header, curves = read(sys.argv[1])
    elements = [e for arguments in PANELS for e in panel(curves, *arguments)]
    note = "Null server: a thread per client that reads and answers but stores nothing, the ceiling "
    note += "of blocking I/O. Bands: from the worst round to the best."
    svg = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">',
        "<title>Operations per second against connections and pipeline depth</title>",
        f"<style>{STYLE}</style>",
        # What lies above the scale is cut off, and its label says where it goes.
        f'<clipPath id="frame"><rect y="{TOP - 6}" width="{WIDTH}" height="{BOTTOM}"/></clipPath>',
        *elements,
        f'<text x="{PANELS[0][3]}" y="{HEIGHT - 24}">{escape(note)}</text>',
        f'<text x="{PANELS[0][3]}" y="{HEIGHT - 6}">{escape(header)}</text>',
        "</svg>",
    ]
    with open(sys.argv[2], "w", encoding="utf-8") as file:
        file.write("\n".join(svg) + "\n")


main()
